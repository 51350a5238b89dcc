"""What the pass of schemathesis over the API needs besides schemathesis itself.

Random input alone is answered by 404 and 422 nearly everywhere, because ids cannot be guessed. So `prepare` makes
things through the API, gives the document an example with real ids for each operation, and writes a dictionary of such
ids for the random phases. `tally` then counts what came of it.

    fuzz.py url OUT                 where the demo is; OUT holds the first line that it printed
    fuzz.py token OUT               signs the owner in and prints a token
    fuzz.py prepare OUT TOKEN DIR   writes DIR/openapi.json and DIR/schemathesis.toml
    fuzz.py tally DIR EVENTS...     fails when an operation never succeeded that should have; the first file of events is
                                    the pass whose token has to live
"""

import json
import secrets
import sys
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path

# Operations that cannot succeed here, and why. The list may only shrink.
NEVER = {
    "POST /subscriptions/{id}/takeover": "only what was imported can be taken over",
    "POST /email-verifications": "the token is only in a mail",
    "POST /invitation-acceptances": "the token is only in a mail",
    "POST /passwords": "the token is only in a mail",
    "POST /mails/release": "the demo has no mail server to send held mail to",
    "POST /mails/{mail}/release": "the demo has no mail server to send held mail to",
    "POST /organization/export": "the password is only in the owner's head, and an archive of everything takes a minute",
    "DELETE /organization/export": "there is none",
    "GET /organization/export/archive": "there is none",
    "POST /sample": "the demo is a sample itself",
    "DELETE /sample": "the demo is a sample itself",
    "POST /me/second-factor/confirmation": "the code is only in an authenticator app",
}
# A stream has no end, so nobody can wait for its answer; crates/retainer/tests/live.rs listens.
STREAMS = ["/events"]
# Above this share the main pass would mostly try that nobody gets in.
MOST_UNAUTHENTICATED = 0.15
# On a slow machine the time may run out before every operation has had its turn in the last phase.
MOST_UNREACHED = 5


def told(out):
    return json.loads(Path(out).read_text().splitlines()[0])


class Api:
    def __init__(self, url, token=None):
        self.url, self.token = url, token

    def __call__(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method)
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        if isinstance(body, bytes):
            request.add_header("content-type", "application/octet-stream")
            request.data = body
        elif body is not None:
            request.add_header("content-type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path} {body}: {error.code} {error.read().decode()}")
        return json.loads(text) if text else None

    def listed(self, path, key="id"):
        mark = "&" if "?" in path else "?"
        return [item[key] for item in self("GET", f"{path}{mark}limit=100")["items"]]


class Things:
    """Makes things; each call makes another, so that no operation spoils another's."""

    def __init__(self, api):
        self.api, self.made = api, defaultdict(list)
        # So that it can be run again on the same demo.
        self.run = secrets.token_hex(3)
        self.plan, self.other_plan = self.new_plan("the usual"), self.new_plan("the other")

    def new(self, kind, path, body=None):
        thing = self.api("POST", path, body)
        self.made[kind].append(thing["id"])
        return thing["id"]

    def new_plan(self, name):
        return self.new("plans", "/plans", {"name": f"{name} {self.run}", "terms": TERMS})

    def customer(self, hours=None):
        number = len(self.made["customers"])
        customer = self.new("customers", "/customers", {"name": f"Fuzzed {number}", "email": f"fuzzed{number}-{self.run}@example.com"})
        if hours:
            self.top_up(customer, hours, True)
        return customer

    def top_up(self, customer, hours="10", paid=False):
        price = {"amount": "100.00", "currency": "USD"}
        return self.new("top_ups", "/top-ups", {"customer": customer, "quantity": hours, "price": price, "pay_now": paid})

    def ticket(self, step=None, body=None):
        if not self.made["workers"]:
            self.made["workers"].append(self.customer("1000"))
        wanted = {"customer": self.made["workers"][0], "title": "Fuzzed", "hours": "1"}
        ticket = self.new("tickets", "/tickets", wanted)
        if step:
            self.api("POST", f"/tickets/{ticket}/{step}", body)
        return ticket

    def attachment(self, ticket):
        return self.new("attachments", f"/tickets/{ticket}/attachments?name=plan.txt", b"a plan")

    def link(self, customer):
        return self.new("links", f"/customers/{customer}/balance-links", {"label": "Fuzzed"})

    def view(self, name):
        return self.new("views", "/ticket-views", {"name": f"{name} {self.run}", "filter": {"status": "open"}})

    def template(self, subject):
        wanted = {"kind": "password_changed", "subject": f"{subject} {self.run}", "body": "Your password was changed."}
        return self.new("templates", "/mail-template-versions", wanted)

    def subscription(self):
        return self.new("subscriptions", "/subscriptions", {"customer": self.customer(), "plan": self.plan})

    def invoice(self):
        customer = self.customer()
        self.top_up(customer)
        invoice = self.api.listed(f"/invoices?customer={customer}")[0]
        self.made["invoices"].append(invoice)
        return invoice

    def payment(self):
        customer = self.customer("5")
        payment = self.api.listed(f"/payments?customer={customer}")[0]
        self.made["payments"].append(payment)
        return payment

    def running(self):
        """A subscription whose first period is paid."""
        subscription = self.subscription()
        invoice = self.api.listed(f"/invoices?customer={self.made['customers'][-1]}")[0]
        self.api("POST", "/payments", {"invoice": invoice, "amount": {"amount": "90.00", "currency": "USD"}})
        return subscription

    def member(self):
        customer = self.customer()
        user = {"email": f"user-of-{customer}@example.com", "name": "A user", "password": "a long enough password"}
        self.api("POST", f"/customers/{customer}/users", user)
        member = self.api.listed(f"/customers/{customer}/users")[0]
        self.made["members"].append(member)
        return member

    def invitation(self):
        number = len(self.made["invitations"])
        return self.new("invitations", "/invitations", {"email": f"invited{number}-{self.run}@example.com", "role": "analyst"})


TERMS = {"price": {"amount": "90.00", "currency": "USD"}, "period": "month", "quantity": "5", "unit": "hour"}


def examples(api, things, account, spare):
    """What succeeds: the last placeholder's id, others by name, the body."""
    reason, hour = {"reason": "Fuzzed"}, {"hours": "1"}
    ticket, running, payment = things.ticket(), things.running(), things.payment()
    paused, cancelled = things.running(), things.running()
    api("POST", f"/subscriptions/{paused}/pause", {})
    api("POST", f"/subscriptions/{cancelled}/cancellation", {"at": "period_end"})
    worked = api("POST", f"/tickets/{ticket}/time-entries", hour)["id"]
    removed = api("POST", f"/tickets/{ticket}/time-entries", hour)["id"]
    timed, into = things.ticket("timer"), things.ticket()
    # Nothing else may close it.
    things.made["tickets"].remove(into)
    archived = things.customer()
    api("POST", f"/customers/{archived}/archiving")
    open_customer = things.customer("10")
    invitation, password = things.invitation(), account["password"]
    staff = api("GET", "/members?limit=100")["items"]
    assignee = next(member["id"] for member in staff if member["role"] == "member")
    things.made["allowances"] += [api("GET", f"/allowances?customer={open_customer}")["items"][0]["id"]]
    things.made["notifications"] += api.listed("/notifications")
    things.made["mails"] += api.listed("/mails")
    first_template = things.template("One")
    things.template("Two")
    person = {"organization": account["organization"], "email": f"sign-up-{things.run}@example.com"}
    return {
        "/allowances/{id}": [things.made["allowances"][0], {}],
        "/attachments/{attachment}": [things.attachment(ticket), {}, {"attachment": {"DELETE": things.attachment(ticket)}}],
        "/balance-links/{link}": [things.link(open_customer), {}],
        "/customers": [None, {"POST": {"name": "One more"}}],
        "/customers/{customer}": [open_customer, {}],
        "/customers/{customer}/users": [open_customer, {"POST": {"name": "U", "email": f"u-{things.run}@example.com", "password": "a long enough password"}}],
        "/customers/{id}": [open_customer, {"PATCH": {"notes": "Fuzzed"}}],
        "/customers/{id}/adjustments": [open_customer, {"POST": {"quantity": "1", **reason}}],
        "/customers/{id}/anonymisation": [things.customer(), {"POST": reason}],
        "/customers/{id}/archiving": [archived, {}],
        "/customers/{id}/balance-links": [open_customer, {"POST": {"label": "Fuzzed", "days": 30}}],
        "/email-verifications": [None, {"POST": {"organization": account["organization"], "token": "rt_unknown"}}],
        "/invitations": [None, {"POST": {"email": f"one-more-{things.run}@example.com", "role": "analyst"}}],
        "/invitations/{invitation}": [invitation, {}],
        "/invitations/{invitation}/resending": [things.invitation(), {}],
        "/invoices/{id}": [things.invoice(), {}],
        "/invoices/{id}/voiding": [things.invoice(), {"POST": reason}],
        "/mails/{mail}": [things.made["mails"][0], {}],
        "/mail-template-versions": [None, {"POST": {"kind": "ticket.commented", "subject": "{{ author }} wrote", "body": f"{{{{ message }}}} {things.run}"}}],
        "/mail-template-versions/{version}": [first_template, {}],
        "/mail-templates/preview": [None, {"POST": {"kind": "ticket.commented", "subject": "{{ author }} wrote", "body": "{{ message }}"}}],
        "/mail-templates/reset": [None, {"POST": {"kind": "ticket.commented"}}],
        "/me": [None, {"PATCH": {"name": "Maya"}}],
        "/me/password": [None, {"PUT": {"current": password, "new": f"{password} anew"}}],
        # The password was changed before, by the example of PUT /me/password.
        "/me/second-factor": [None, {"POST": {"password": f"{password} anew"}}],
        "/me/second-factor/removal": [None, {"POST": {"password": f"{password} anew"}}],
        "/members/{member}": [things.member(), {"PATCH": {"role": "customer"}}],
        "/notifications/{id}": [things.made["notifications"][0], {}],
        "/notification-preferences": [None, {"PUT": {"preferences": [{"kind": "comment", "channel": "mail", "enabled": False}]}}],
        "/organization": [None, {"PATCH": {"name": "Fuzzed"}}],
        "/organization/deletion": [
            None,
            {"POST": {"slug": account["organization"], "password": account["password"], **reason}},
        ],
        "/password-resets": [None, {"POST": {"organization": account["organization"], "email": "nobody@example.com"}}],
        "/payments": [None, {"POST": {"invoice": things.invoice(), "amount": {"amount": "100.00", "currency": "USD"}}}],
        "/payments/{id}": [payment, {}],
        "/payments/{id}/refunds": [things.payment(), {"POST": reason}],
        "/plans": [None, {"POST": {"name": f"One more {things.run}", "terms": TERMS}}],
        "/plans/{id}": [things.plan, {}],
        "/plans/{id}/archiving": [things.new_plan("old"), {}],
        "/plans/{id}/versions": [things.plan, {"POST": {"terms": TERMS}}],
        "/session-tokens": [None, {"POST": account_of(spare)}],
        "/sessions/{session}": [another_session(api, account), {}],
        "/sign-ups": [None, {"POST": {**person, "name": "New", "password": "a long enough password"}}],
        "/subscriptions": [None, {"POST": {"customer": things.customer(), "plan": things.plan}}],
        "/subscriptions/{id}": [running, {}],
        "/subscriptions/{id}/cancellation": [cancelled, {"POST": {"at": "period_end"}}],
        "/subscriptions/{id}/pause": [paused, {"POST": {}}],
        "/subscriptions/{id}/plan-change": [things.running(), {"POST": {"plan": things.other_plan}}],
        "/ticket-views": [None, {"POST": {"name": f"Urgent {things.run}", "filter": {"priority": "Urgent"}}}],
        "/ticket-views/{view}": [things.view("one"), {"PATCH": {"default": True}}, {"view": {"DELETE": things.view("two")}}],
        "/tickets": [None, {"POST": {"customer": open_customer, "title": "One more", "hours": "1"}}],
        "/tickets/{id}": [ticket, {"PATCH": {"title": "Another"}}],
        "/tickets/{id}/assignment": [ticket, {"POST": {"assignee": assignee}}],
        "/tickets/{id}/attachments": [ticket, {}],
        "/tickets/{id}/comments": [ticket, {"POST": {"message": "Fuzzed"}}],
        "/tickets/{id}/completion": [things.ticket(), {"POST": hour}],
        "/tickets/{id}/hours": [things.ticket(), {"POST": hour}],
        "/tickets/{id}/hours-decline": [things.ticket(), {"POST": {"hours": "1", "reason": "Fuzzed"}}],
        "/tickets/{id}/merging": [things.ticket(), {"POST": {"into": into}}],
        "/tickets/{id}/rejection": [things.ticket(), {"POST": reason}],
        "/tickets/{id}/reopening": [things.ticket("rejection", reason), {"POST": {}}],
        "/tickets/{id}/start": [things.ticket(), {}],
        "/tickets/{id}/tags": [ticket, {"PUT": {"tags": ["fuzzed"]}}],
        "/tickets/{id}/time-entries": [ticket, {"POST": hour}],
        "/tickets/{id}/time-entries/{entry}": [ticket, {"PUT": hour}, {"entry": {"PUT": worked, "DELETE": removed}}],
        "/tickets/{id}/timer": [timed, {}],
        "/top-ups": [None, {"POST": {"customer": open_customer, "quantity": "1", "price": {"amount": "10.00", "currency": "USD"}}}],
        "/top-ups/{id}": [things.made["top_ups"][0], {}],
    }


def sessions(api):
    return {item["id"] for item in api("GET", "/sessions")["items"]}


def another_session(api, account):
    before = sessions(api)
    Api(api.url)("POST", "/session-tokens", account_of(account))
    return (sessions(api) - before).pop()


def account_of(account):
    return {key: account[key] for key in ("organization", "email", "password")}


def best(known, path):
    """The example of the address itself, or of the longest one that it begins with."""
    fitting = [key for key in known if path == key or path.startswith(f"{key}/")]
    return known[max(fitting, key=len)] if fitting else [None, {}]


def with_examples(document, known, asked):
    """`asked` holds what stands in queries, by path and name."""
    for path, item in document["paths"].items():
        last, bodies, *named = best(known, path)
        bodies = bodies if path in known else {}
        for method, operation in item.items():
            if not isinstance(operation, dict):
                continue
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    special = named[0].get(parameter["name"], {}) if named else {}
                    parameter["example"] = special.get(method.upper(), last)
                elif (path, parameter["name"]) in asked:
                    parameter["example"] = asked[path, parameter["name"]]
            if method.upper() in bodies:
                operation["requestBody"]["content"]["application/json"]["example"] = bodies[method.upper()]
    return document


def config(things, account):
    made = things.made
    lines = []
    for kind, values in sorted(made.items()):
        if values:
            lines.append(f"[dictionaries.{kind}]\nvalues = {json.dumps(sorted(set(values))[:20])}\n")
    lines.append(f"[dictionaries.organizations]\nvalues = {json.dumps([account['organization']])}\n")
    bound = {
        # No ids in bodies: a binding replaces what the example says too, and the example would fail.
        "query.customer": "customers", "body.organization": "organizations",
    }
    lines.append("[parameters]")
    lines += [f'"{name}" = {{ dictionary = "{kind}", probability = 0.7 }}' for name, kind in bound.items() if made.get(kind) or kind == "organizations"]
    for prefix in ("allowances", "attachments", "customers", "invitations", "invoices", "mails", "members", "notifications", "payments", "plans", "subscriptions", "tickets", "top-ups"):
        kind, names = prefix.replace("-", "_"), ["id", prefix.removesuffix("s")]
        lines.append(f'\n[[operations]]\ninclude-path-regex = "^/{prefix}/"\n[operations.parameters]')
        lines += [f'"path.{name}" = {{ dictionary = "{kind}", probability = 0.7 }}' for name in names]
    return "\n".join(lines) + "\n"


def join(out, email, issued):
    """The token of another owner, with the password of the first, who comes in by a link that the operator issued."""
    said, link = told(out), json.loads(issued)
    api, first = Api(said["url"]), said["accounts"][0]
    wanted = {"organization": link["organization"], "token": link["link"].rsplit("/", 1)[1], "name": "Another owner"}
    api("POST", "/invitation-acceptances", {**wanted, "password": first["password"]})
    account = {**account_of(first), "email": email}
    return api("POST", "/session-tokens", account)["token"]


def prepare(out, token, directory):
    said = told(out)
    api, accounts = Api(said["url"], token), said["accounts"]
    api("PATCH", "/organization", {"sign_up": "open"})
    things = Things(api)
    spare = next(account for account in accounts if account["role"] == "customer")
    known = examples(api, things, accounts[0], spare)
    with urllib.request.urlopen(f"{said['url']}/api/openapi.json", timeout=30) as answer:
        document = json.load(answer)
    for path in STREAMS:
        del document["paths"][path]
    directory = Path(directory)
    of_customers = [path for path in document["paths"] if path.startswith("/allowances")]
    asked = {
        **{(path, "customer"): known["/customers/{id}"][0] for path in of_customers},
        ("/subscriptions/{id}/plan-change", "plan"): things.other_plan,
        ("/tickets/{id}/attachments", "name"): "plan.txt",
        ("/mail-template-versions", "kind"): "password_changed",
    }
    written = with_examples(document, known, asked)
    (directory / "openapi.json").write_text(json.dumps(written))
    (directory / "schemathesis.toml").write_text(config(things, accounts[0]))


def tally(directory, *files):
    document = json.loads((Path(directory) / "openapi.json").read_text())
    passes = [counted(file) for file in files]
    main, both = passes[0], defaultdict(Counter)
    for one in passes:
        for label, statuses in one.items():
            both[label] += statuses
    names = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item if method in METHODS}
    without = {name for name in names if not any(200 <= status < 300 for status in both[name])}
    unreached = {name for name in without - NEVER.keys() if not both[name].keys() - {401, 405}}
    every = sum(main.values(), Counter())
    share = every[401] / (every.total() or 1)
    print("answers of the main pass:", ", ".join(f"{count} × {status}" for status, count in sorted(every.items())))
    print(f"{len(names) - len(without)} of {len(names)} operations succeeded at least once; {share:.1%} of the main pass were 401")
    for name in sorted(unreached):
        print(f"no time was left for: {name}")
    wrong = sorted(without - NEVER.keys() - unreached)
    for name in wrong:
        print(f"never succeeded: {name}  {dict(both[name])}")
    done = sorted(NEVER.keys() - without)
    for name in done:
        print(f"succeeds by now, take it out of NEVER: {name}")
    if wrong or done:
        sys.exit("give what never succeeded an example in .ci/fuzz.py; NEVER names what cannot, and nothing else")
    if len(unreached) > MOST_UNREACHED:
        sys.exit("the time was far too short")
    if share > MOST_UNAUTHENTICATED:
        sys.exit("too many of the cases only tried that nobody gets in")


def counted(file):
    counts = defaultdict(Counter)
    for line in Path(file).read_text().splitlines():
        scenario = json.loads(line).get("ScenarioFinished")
        for label, status in answers(scenario) if scenario else []:
            counts[label][status] += 1
    return counts


METHODS = ("get", "post", "put", "patch", "delete")


def answers(scenario):
    recorder = scenario["recorder"]
    for interaction in recorder.get("interactions", {}).values():
        if interaction.get("response"):
            yield recorder["label"], interaction["response"]["status_code"]


def main(command, *rest):
    if command == "url":
        print(told(rest[0])["url"])
    elif command == "token":
        said = told(rest[0])
        print(Api(said["url"])("POST", "/session-tokens", account_of(said["accounts"][0]))["token"])
    elif command == "join":
        print(join(*rest))
    elif command == "prepare":
        prepare(*rest)
    elif command == "tally":
        tally(*rest)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
