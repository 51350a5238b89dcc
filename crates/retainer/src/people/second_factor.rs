//! The second factor: a code of an authenticator app (TOTP, RFC 6238), each good once, and recovery codes for when the
//! app is gone.

use kernel::id::{Id, UserId};
use runtime::seal::{self, Purpose};
use runtime::secret::Key;
use runtime::{Change, Error, Tx, sql};
use totp_rs::{Builder, Secret, Totp};

use super::find::Me;

/// How many recovery codes there are.
const CODES: usize = 10;

/// What somebody needs to set their authenticator app up.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct SetUp {
    /// The shared secret in base 32, for typing.
    pub secret: String,
    /// The same as an address that apps read.
    pub url: String,
    /// The address as a picture, SVG.
    pub qr: String,
}

runtime::refusals! {
    /// Why the second factor is not set up.
    pub enum SecondFactorRefused {
        /// It is in use already.
        InUse => Conflict, "second_factor.in_use", "An authenticator app is set up already. Remove it first.";
        /// The address may be somebody else's, whom the factor would keep out.
        NotVerified => Conflict, "second_factor.not_verified", "Confirm your e-mail address first, by the link in the mail; your profile sends it again.";
        /// Nothing has been begun.
        NotBegun => Conflict, "second_factor.not_begun", "Begin first: take the secret into your authenticator app.";
        /// The code does not match.
        WrongCode => Invalid, "second_factor.wrong_code", "The code does not match. Check the clock of your phone and take the code that is shown now.", at "/code";
        /// The password is not right.
        WrongPassword => Invalid, "second_factor.wrong_password", "This is not your password.", at "/password";
    }
}

fn purpose(user: UserId) -> Purpose<'static> {
    Purpose { what: "second factor", whose: user.uuid() }
}

fn totp(secret: Secret) -> Result<Totp, Error> {
    Builder::new().with_secret(secret).build().map_err(|error| Error::internal(error.to_string()))
}

/// Begins: a new secret, which asks for nothing until it is confirmed by a code.
///
/// # Errors
/// [`SecondFactorRefused`], or a fault.
pub async fn begin(tx: &Tx, key: &Key, me: &Me, issuer: &str) -> Result<SetUp, Error> {
    if !me.email_verified {
        return Err(SecondFactorRefused::NotVerified.into());
    }
    let mut bytes = [0u8; 20];
    rand::fill(&mut bytes);
    let sealed = seal::seal(key, purpose(me.user), &bytes)?;
    let begun = tx
        .execute(
            sql!("update users set totp_sealed = $2 where id = $1 and totp_confirmed_at is null"),
            &[me.user.as_uuid(), &sealed],
        )
        .await?;
    if begun == 0 {
        return Err(SecondFactorRefused::InUse.into());
    }
    tx.record(Change::new("second_factor.begun", "user", me.user));
    shown(me, issuer, bytes)
}

fn shown(me: &Me, issuer: &str, bytes: [u8; 20]) -> Result<SetUp, Error> {
    let secret = Secret::new_stack(bytes).to_base32();
    let url = otpauth(issuer, me.email.as_str(), &secret);
    let qr = picture(&url)?;
    Ok(SetUp { secret, url, qr })
}

/// What [`begin`] showed, once more, while it is not confirmed: whoever mistyped the first code need not begin anew.
///
/// # Errors
/// A fault.
pub async fn begun(tx: &Tx, key: &Key, me: &Me, issuer: &str) -> Result<Option<SetUp>, Error> {
    let row = tx
        .one(sql!("select totp_sealed from users where id = $1 and totp_confirmed_at is null"), &[me.user.as_uuid()])
        .await?;
    let Some(sealed) = row.get::<_, Option<Vec<u8>>>("totp_sealed") else { return Ok(None) };
    let bytes = seal::open(key, purpose(me.user), &sealed)?;
    let bytes = <[u8; 20]>::try_from(bytes.as_slice()).map_err(|_| Error::internal("a secret of another length"))?;
    shown(me, issuer, bytes).map(Some)
}

/// The address that authenticator apps read. Issuer and account are percent-encoded.
fn otpauth(issuer: &str, account: &str, secret: &str) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let (issuer, account) = (encode(issuer), encode(account));
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

fn picture(url: &str) -> Result<String, Error> {
    let code = qrcode::QrCode::new(url).map_err(|error| Error::internal(error.to_string()))?;
    let svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    // Inside a page the XML declaration has no place.
    Ok(svg.split_once("?>").map_or(svg.clone(), |(_, rest)| rest.to_owned()))
}

/// Confirms with a first code; from now on codes are asked for. The recovery codes are shown once.
///
/// # Errors
/// [`SecondFactorRefused`], or a fault.
pub async fn confirm(tx: &Tx, key: &Key, user: UserId, code: &str) -> Result<Vec<String>, Error> {
    let row = tx
        .one(
            sql!("select totp_sealed, totp_confirmed_at is not null as confirmed from users where id = $1 for update"),
            &[user.as_uuid()],
        )
        .await?;
    if row.get("confirmed") {
        return Err(SecondFactorRefused::InUse.into());
    }
    let sealed: Vec<u8> = row.get::<_, Option<Vec<u8>>>("totp_sealed").ok_or(SecondFactorRefused::NotBegun)?;
    let step = step_of(tx, key, user, (&sealed, code))?.ok_or(SecondFactorRefused::WrongCode)?;
    tx.execute(
        sql!("update users set totp_confirmed_at = $2, totp_last_step = $3 where id = $1"),
        &[user.as_uuid(), &tx.now(), &step],
    )
    .await?;
    let codes = new_codes(tx, key, user).await?;
    tx.record(Change::new("second_factor.confirmed", "user", user));
    Ok(codes)
}

/// Removes the second factor, if there is one; the password has been checked, or is new.
///
/// # Errors
/// A fault.
pub async fn remove(tx: &Tx, user: UserId) -> Result<(), Error> {
    let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[user.as_uuid()];
    tokio::try_join!(
        tx.execute(
            sql!("update users set totp_sealed = null, totp_confirmed_at = null, totp_last_step = null where id = $1"),
            params,
        ),
        tx.execute(sql!("delete from recovery_codes where user_id = $1"), params),
    )?;
    tx.record(Change::new("second_factor.removed", "user", user));
    Ok(())
}

/// Whether a code is right; then it is used up.
pub(super) async fn accept(tx: &Tx, key: &Key, user: UserId, code: &str) -> Result<bool, Error> {
    let code: String = code.chars().filter(|letter| letter.is_ascii_alphanumeric()).take(40).collect();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        let used = tx
            .execute(
                sql!(
                    "update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null"
                ),
                &[user.as_uuid(), &code_hash(key, user, &code), &tx.now()],
            )
            .await?;
        return Ok(used == 1);
    }
    let row = tx.one(sql!("select totp_sealed from users where id = $1"), &[user.as_uuid()]).await?;
    let Some(sealed) = row.get::<_, Option<Vec<u8>>>("totp_sealed") else { return Ok(false) };
    let Some(step) = step_of(tx, key, user, (&sealed, &code))? else { return Ok(false) };
    let taken = tx
        .execute(
            sql!(
                "update users set totp_last_step = $2
                 where id = $1 and totp_confirmed_at is not null and coalesce(totp_last_step, 0) < $2"
            ),
            &[user.as_uuid(), &step],
        )
        .await?;
    Ok(taken == 1)
}

/// The time step that a code belongs to, a step to either side of now included.
fn step_of(tx: &Tx, key: &Key, user: UserId, (sealed, code): (&[u8], &str)) -> Result<Option<i64>, Error> {
    let secret = seal::open(key, purpose(user), sealed)?;
    let now = u64::try_from(tx.now().as_second()).unwrap_or(0);
    let step = totp(Secret::new(secret.into_boxed_slice()))?.check(code, now);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Recovery codes are short enough to be typed, so the hash is keyed: a stolen database does not tell them.
fn code_hash(key: &Key, user: UserId, code: &str) -> Vec<u8> {
    key.derive_bytes(&format!("recovery code {user} {}", code.to_ascii_lowercase())).to_vec()
}

async fn new_codes(tx: &Tx, key: &Key, user: UserId) -> Result<Vec<String>, Error> {
    let codes: Vec<String> = (0..CODES)
        .map(|_| {
            let mut random = [0u8; 16];
            rand::fill(&mut random);
            let text = kernel::id::encode(u128::from_be_bytes(random));
            // The last twelve of 26 characters: 60 bits.
            format!("{}-{}-{}", &text[14..18], &text[18..22], &text[22..26])
        })
        .collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code_hash(key, user, &code.replace('-', ""))).collect();
    tx.execute(sql!("delete from recovery_codes where user_id = $1"), &[user.as_uuid()]).await?;
    tx.execute(
        sql!(
            "insert into recovery_codes (user_id, code_hash, created_at)
             select $1, hash, $3 from unnest($2::bytea[]) as hash"
        ),
        &[user.as_uuid(), &hashes, &tx.now()],
    )
    .await?;
    Ok(codes)
}
