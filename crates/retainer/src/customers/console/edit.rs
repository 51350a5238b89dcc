//! Adding and changing a customer.

use axum::response::Response;
use kernel::Permission;
use kernel::id::CustomerId;
use kernel::text::Tag;
use maud::{Markup, html};
use runtime::http::At;

use super::staff_only;
use crate::customers::{Add, Change, Customer, add, change, find};
use crate::doors::{PageHalt, Visitor};
use crate::pages::parts::{Input, once, submit, wrong};
use crate::pages::{Form, Room, Shell, again, shell};

pub(super) async fn get_new(visitor: Visitor) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    visitor.read().await?.require(Permission::CustomersWrite)?;
    Ok(new_page(&visitor, &Form::blank()))
}

pub(super) async fn post_new(visitor: Visitor, mut form: Form) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::CustomersWrite)?;
    let (name, email, notes) = (form.read("name"), form.read_optional("email"), form.read_optional("notes"));
    let tags = read_tags(&mut form);
    let (Some(name), true) = (name, form.is_good()) else { return Ok(again(&new_page(&visitor, &form))) };
    let tx = visitor.write_once(&form).await?;
    match add(&tx, Add { name, email, notes, tags }).await {
        Ok(customer) => tx.finish(&format!("/customers/{customer}"), "The customer is added.").await,
        Err(error) => {
            form.refused(error)?;
            Ok(again(&new_page(&visitor, &form)))
        }
    }
}

pub(super) async fn get_change(visitor: Visitor, At(customer): At<CustomerId>) -> Result<Markup, PageHalt> {
    staff_only(&visitor)?;
    let tx = visitor.read().await?;
    tx.require(Permission::CustomersWrite)?;
    let customer = find::get(&tx, customer).await?;
    let form = Form::blank()
        .with("name", &*customer.name)
        .with("email", customer.email.as_ref().map(ToString::to_string).unwrap_or_default())
        .with("tags", customer.tags.join(", "))
        .with("notes", customer.notes.as_deref().unwrap_or_default())
        .with("version", customer.version.to_string());
    Ok(change_page(&visitor, &form, &customer))
}

pub(super) async fn post_change(
    visitor: Visitor,
    At(customer): At<CustomerId>,
    mut form: Form,
) -> Result<Response, PageHalt> {
    staff_only(&visitor)?;
    visitor.require(Permission::CustomersWrite)?;
    let (name, email, notes) = (form.read("name"), form.read_optional("email"), form.read_optional("notes"));
    let (tags, expected) = (read_tags(&mut form), form.value("version").parse().ok());
    if form.is_good() {
        let tx = visitor.write_once(&form).await?;
        let wish = Change { name, email: Some(email), notes: Some(notes), tags: Some(tags), expected };
        match change(&tx, customer, wish).await {
            Ok(_) => return tx.finish(&format!("/customers/{customer}"), "The change is kept.").await,
            Err(error) => form.refused(error)?,
        }
    }
    let now = find::get(&visitor.read().await?, customer).await?;
    Ok(again(&change_page(&visitor, &form, &now)))
}

/// Words between commas.
fn read_tags(form: &mut Form) -> Vec<Tag> {
    let words = form.value("tags").split(',').filter(|word| !word.trim().is_empty());
    match words.map(str::parse).collect::<Result<Vec<Tag>, _>>() {
        Ok(tags) => tags,
        Err(error) => {
            form.refuse("tags", format!("A tag {error}."));
            Vec::new()
        }
    }
}

fn new_page(visitor: &Visitor, form: &Form) -> Markup {
    let frame = Shell { visitor, room: Room::Customers, title: "New customer", actions: html! {} };
    shell(
        &frame,
        &html! {
            form method="post" action=(visitor.path("/customers/new")) {
                (fields(form))
                (submit("Add the customer"))
            }
        },
    )
}

fn change_page(visitor: &Visitor, form: &Form, customer: &Customer) -> Markup {
    let path = visitor.path(&format!("/customers/{}", customer.id));
    let title = format!("Change {}", customer.name);
    let frame = Shell { visitor, room: Room::Customers, title: &title, actions: html! {} };
    shell(
        &frame,
        &html! {
            form method="post" action={ (path) "/change" } {
                input type="hidden" name="version" value=(form.value("version"));
                (fields(form))
                (submit("Keep the change"))
            }
        },
    )
}

fn fields(form: &Form) -> Markup {
    html! {
        (wrong(form)) (once(form))
        (Input::text(form, "name", "Name").hint("A person's or a company's."))
        (Input::email(form, "email", "E-mail").optional().hint("Where bills and notices go."))
        (Input::text(form, "tags", "Tags").optional().hint("Words to find it by, with commas between them."))
        (Input::area(form, "notes", "Notes").optional().hint("For staff alone; the customer never sees them."))
    }
}
