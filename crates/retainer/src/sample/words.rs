//! What people ask for and say in the sample.

/// A request as customers write it: title and details.
pub(super) type Request = (&'static str, &'static str);

pub(super) const REQUESTS: &[Request] = &[
    (
        "Connect the web shop to the stock list",
        "Orders should take goods out of the stock list at once. Today we do it by hand every evening.",
    ),
    (
        "Draft answers to supplier e-mails",
        "We get about sixty a week, mostly the same five questions. A draft that we only have to check would do.",
    ),
    (
        "The weekly report arrives empty",
        "Since Monday the PDF has its headings but no rows. Nothing was changed on our side.",
    ),
    (
        "Sort incoming photos of damaged goods",
        "Customers send three to ten photos each. Could a model say which department they belong to?",
    ),
    (
        "Translate the product sheets",
        "Forty sheets, two pages each, into German and Polish. The technical words are in the attached list.",
    ),
    (
        "Forecast for next quarter",
        "Based on the last three years. We would like to see how sure it is, not only one line.",
    ),
    (
        "Set up the chat assistant for opening hours",
        "It should answer questions about hours, parking and booking, and pass everything else to us.",
    ),
    ("Review of our data protection notes", "We want to be sure before we let the assistant read customer letters."),
    ("Invoices are read with the wrong VAT", "When there are two rates on one invoice, only the first is taken."),
    ("Train the new colleague on the dashboard", "An hour by video would be enough; she knows spreadsheets well."),
    ("Find duplicate customers", "The list has grown for nine years. We think that a tenth are the same person twice."),
    ("Move the reports to the new account", "The old one is closed at the end of the month."),
    ("Speech to text for the service calls", "German and Turkish, often in the same call. Names of parts matter."),
    ("The assistant promises delivery dates", "It told a customer \"by Friday\". It must never promise a date."),
    ("Shorter answers in the help desk", "They are right, but nobody reads eight lines."),
    ("Alert when sales fall sharply", "Compared with the same weekday, not with yesterday."),
    ("Compare three providers for us", "Price at 20,000 pages a month, and where the data is kept."),
    ("Clean up the tags", "There are 212 of them and we use about thirty."),
    ("Recognise handwriting on delivery notes", "Two drivers write so that even we cannot read it. See the samples."),
    ("Menu in four languages", "It changes every week, so it should not be work every week."),
    ("Backup of the conversations", "Our accountant asks for seven years."),
    ("Workshop: what can we hand over?", "Half a day with the team of six, at our place or by video."),
    ("The export breaks at “ß” and “ł”", "The file opens, but these letters become question marks."),
    ("Write the description of the new position", "Mechanic with some programming, or the other way round."),
];

pub(super) const CUSTOMER_SAYS: &[&str] = &[
    "Thank you, that was quick!",
    "I have added two more examples, in case they help.",
    "Could this wait until after the trade fair? We are all there until Thursday.",
    "It works for the first file. The second still looks odd.",
    "Yes, please go ahead like that.",
    "My colleague will answer, she knows this better than I do.",
    "Sorry, I was away. The access should work now.",
    "Perfect. どうもありがとうございます。",
    "Is it possible to see it before it goes live?",
];

pub(super) const STAFF_SAYS: &[&str] = &[
    "I have begun with this and will have something to show tomorrow.",
    "Could you send one example where it goes wrong? Then I can find it faster.",
    "A first version is ready. Please look at it and tell me what is missing.",
    "I found the cause: two columns had changed places. It is repaired for new files; old ones follow tonight.",
    "This will take a little less than planned.",
    "I suggest that we begin with the smaller half and look at the result together.",
    "Done and tested with your examples. I will keep an eye on it this week.",
];

pub(super) const STAFF_NOTES: &[&str] = &[
    "Same cause as in March; see the note there before touching the import.",
    "They are close to the end of their hours: ask before doing more than agreed.",
    "Careful, their test account writes to the real stock list.",
    "Daniel has done this before, ask him for the script.",
    "Customer prefers a call to long texts.",
];

pub(super) const WORK_NOTES: &[&str] =
    &["Looking into it", "First version", "Call with the customer", "Tests", "Repair and clean-up", "Writing it down"];

pub(super) const REJECTIONS: &[&str] = &[
    "We do not scrape other companies' websites. We gladly help you to ask them for the data.",
    "This is covered by the maintenance of your web shop; please ask your provider, it costs you nothing there.",
    "The same request is open already, so your hours are not needed twice.",
    "We would be guessing: without the data of last year there is nothing to forecast from.",
];

pub(super) const TAGS: &[&str] = &["data", "assistant", "training", "bug", "report", "integration", "text"];

pub(super) const CHANGES_OF_MIND: &[&str] =
    &["A second file turned up with the same fault.", "The customer asked for one more language."];
