//! A real Chromium, driven through chromedriver.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::leftovers;

/// Whether the browser runs scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// As most people's do.
    On,
    /// Forbidden by the browser's settings.
    Off,
}

/// What the browser shows pages on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A window of a computer.
    Wide,
    /// A phone, 390 points wide.
    Phone,
}

/// A browser with a profile of its own; [`Browser::close`] ends it.
#[derive(Debug)]
pub struct Browser {
    /// What drives it.
    pub client: Client,
    driver: Driver,
    base: String,
}

/// The chromedriver process and its browser's profile.
#[derive(Debug)]
struct Driver {
    process: Child,
    profile: PathBuf,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The browser is the driver's child and outlives a driver that is killed; the two and all that they started are
        // one group.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

impl Browser {
    /// A browser at `base`; `None`, with a line that says so, where chromedriver is not installed and
    /// `RETAINER_REQUIRE_BROWSER=1` does not demand it.
    ///
    /// # Panics
    /// When it is demanded and missing, or does not start.
    pub async fn start(base: &str, scripts: Scripts) -> Option<Self> {
        Self::start_on(base, scripts, Screen::Wide).await
    }

    /// The same on a screen.
    ///
    /// # Panics
    /// When it is demanded and missing, or does not start.
    pub async fn start_on(base: &str, scripts: Scripts, screen: Screen) -> Option<Self> {
        let driver = match Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).process_group(0).spawn()
        {
            Ok(process) => process,
            Err(error) => {
                let demanded = std::env::var_os("RETAINER_REQUIRE_BROWSER").is_some_and(|value| value == "1");
                assert!(!demanded, "RETAINER_REQUIRE_BROWSER=1, but chromedriver cannot be started: {error}");
                eprintln!("SKIPPED: no chromedriver on this machine, so no browser test ({error})");
                return None;
            }
        };
        let name = format!("retainer-browser-{}", driver.id());
        let profile = std::env::temp_dir().join(name);
        leftovers::remove_folder(profile.clone());
        let mut driver = Driver { process: driver, profile };
        let port = port(&mut driver.process);
        let client = connect(port, &driver.profile, (scripts, screen)).await;
        Some(Self { client, driver, base: base.to_owned() })
    }

    /// Opens a page by its path.
    ///
    /// # Panics
    /// When the browser does not.
    pub async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.expect("the page opened");
    }

    /// Types into a field, by its name in the form.
    ///
    /// # Panics
    /// When there is none.
    pub async fn fill(&self, name: &str, text: &str) {
        let selector = format!("[name={name}]:not([type=hidden])");
        let mut last = String::new();
        // What has changed meanwhile is swapped for what is there now: then that is filled.
        for _ in 0..3 {
            let field = self.client.wait().for_element(Locator::Css(&selector)).await;
            let field = field.unwrap_or_else(|error| panic!("the field {name}: {error}"));
            match field.clear().await {
                Ok(()) => return field.send_keys(text).await.expect("the text typed"),
                Err(error) if error.is_stale_element_reference() => last = error.to_string(),
                Err(error) => panic!("the field {name}: {error}"),
            }
        }
        panic!("the field {name}: {last}");
    }

    /// Clicks the button or link that says so.
    ///
    /// # Panics
    /// When there is none.
    pub async fn click(&self, words: &str) {
        let path = format!(
            "//main//*[self::button or self::a][normalize-space()='{words}'] | //nav//*[self::button or self::a][normalize-space()='{words}' or span[normalize-space()='{words}']]"
        );
        // What has changed meanwhile is swapped for what is there now: then that is clicked.
        for _ in 0..3 {
            let element = self.client.wait().for_element(Locator::XPath(&path)).await;
            let element = element.unwrap_or_else(|error| panic!("the button {words:?}: {error}"));
            match element.click().await {
                Err(error) if error.is_stale_element_reference() => {}
                clicked => return clicked.expect("the button clicked"),
            }
        }
        panic!("the button {words:?} is swapped again and again");
    }

    /// Waits until the page says so, and fails when it does not within the driver's patience.
    ///
    /// # Panics
    /// When it does not.
    pub async fn sees(&self, words: &str) {
        // A space that does not break is a space to the reader.
        let words = words.replace('\u{a0}', " ");
        let path = format!("//body[contains(translate(normalize-space(.), '\u{a0}', ' '), \"{words}\")]");
        if self.client.wait().for_element(Locator::XPath(&path)).await.is_err() {
            let body = self.client.find(Locator::Css("body")).await.expect("a body");
            let at = self.client.current_url().await.map(|url| url.to_string()).unwrap_or_default();
            panic!("{words:?} is not on {at}:\n{}", body.text().await.unwrap_or_default());
        }
    }

    /// Ends the browser.
    pub async fn close(self) {
        let _ = self.client.close().await;
        drop(self.driver);
    }
}

/// chromedriver says on which port it listens.
fn port(process: &mut Child) -> u16 {
    let output = process.stdout.take().expect("its output");
    let mut lines = BufReader::new(output).lines();
    let said = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("started successfully on port ")?;
        rest.trim_end_matches('.').parse().ok()
    });
    // Read on, so that the driver never waits for a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    said.expect("chromedriver's port")
}

async fn connect(port: u16, profile: &std::path::Path, (scripts, screen): (Scripts, Screen)) -> Client {
    let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
    flags.push(format!("--user-data-dir={}", profile.display()));
    let mut options = json!({"args": flags});
    if scripts == Scripts::Off {
        options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
    }
    if screen == Screen::Phone {
        options["mobileEmulation"] = json!({"deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 1.0}});
    }
    let serde_json::Value::Object(wanted) = json!({"goog:chromeOptions": options}) else { unreachable!("an object") };
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(wanted);
    builder.connect(&format!("http://127.0.0.1:{port}")).await.expect("a browser")
}
