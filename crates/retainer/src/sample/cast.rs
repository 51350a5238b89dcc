//! Who appears in the sample.

use kernel::Role;

/// Somebody who works at LeverAI Consulting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub name: &'static str,
    pub email: &'static str,
    pub role: Role,
}

const fn member(name: &'static str, email: &'static str, role: Role) -> Member {
    Member { name, email, role }
}

/// The staff; the first is the owner.
pub(super) const STAFF: &[Member] = &[
    member("Maya Lindqvist", "maya@leverai.example", Role::Owner),
    member("Adaeze Okafor", "adaeze@leverai.example", Role::Admin),
    member("Daniel Kovač", "daniel@leverai.example", Role::Developer),
    member("Priya Raghunathan", "priya@leverai.example", Role::Developer),
    member("Tomás Ibáñez", "tomas@leverai.example", Role::Member),
    member("Seo-yeon Park", "seoyeon@leverai.example", Role::Member),
    member("Liam O’Connor", "liam@leverai.example", Role::Member),
    member("Noor Haddad", "noor@leverai.example", Role::Analyst),
];

/// The portal user whose sign-in is printed: of the first customer.
pub(super) const PORTAL_EMAIL: &str = "jane@northwind.example";

/// Who buys from LeverAI Consulting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buyer {
    pub name: &'static str,
    pub contact: &'static str,
    pub email: &'static str,
    pub tag: &'static str,
    pub plan: &'static str,
}

const fn buyer(
    name: &'static str,
    contact: &'static str,
    email: &'static str,
    tag: &'static str,
    plan: &'static str,
) -> Buyer {
    Buyer { name, contact, email, tag, plan }
}

/// The customers, from many countries.
pub(super) const BUYERS: &[Buyer] = &[
    buyer("Northwind Traders", "Jane Whitfield", PORTAL_EMAIL, "wholesale", "Standard"),
    buyer("Søren Kierke & Søn ApS", "Søren Kierke", "soren@kierke.example", "retail", "Standard"),
    buyer("株式会社 山田製作所", "山田 太郎", "taro@yamada.example", "manufacturing", "Pro"),
    buyer("Łódzka Piekarnia Sp. z o.o.", "Małgorzata Żółć", "malgorzata@piekarnia.example", "food", "Basic"),
    buyer("مكتبة النور", "ليلى حسن", "layla@alnoor.example", "books", "Basic"),
    buyer("Café Ñandú S.R.L.", "Lucía Muñoz", "lucia@nandu.example", "food", "Daily"),
    buyer("Ærø Færge A/S", "Åse Ørsted", "aase@aeroe.example", "transport", "Standard"),
    buyer("Θεοδωράκης & Υιοί", "Νίκος Θεοδωράκης", "nikos@theodorakis.example", "shipping", "Standard"),
    buyer("Bäckerei Müßiggang GmbH", "Jürgen Groß", "juergen@muessiggang.example", "food", "Basic"),
    buyer("Þórsmörk Travel ehf.", "Guðrún Þórðardóttir", "gudrun@thorsmork.example", "travel", "Standard"),
    buyer("北京晨光科技有限公司", "王小明", "xiaoming@chenguang.example", "software", "Pro"),
    buyer("Ọlájídé Farms Ltd", "Ọlámide Adébáyò", "olamide@olajide.example", "farming", "Basic"),
    buyer("Ivanka’s Цветя ЕООД", "Иванка Петрова", "ivanka@tsvetya.example", "retail", "Basic"),
    buyer("Tŷ Newydd Architects", "Siân Llewelyn", "sian@tynewydd.example", "architecture", "Standard"),
    buyer("Kōwhai Dental", "Aroha Ngāti", "aroha@kowhai.example", "health", "Daily"),
    buyer("Çelik & Öztürk Hukuk", "Gülşen Öztürk", "gulsen@celik.example", "law", "Pro"),
    buyer("Maison d’Été SARL", "Hélène Lefèvre", "helene@maisondete.example", "design", "Standard"),
    buyer("สวนลุง โฮมสเตย์", "สมชาย ใจดี", "somchai@suanlung.example", "travel", "Basic"),
    buyer("Nguyễn & Trần Logistics", "Nguyễn Thị Hương", "huong@nguyentran.example", "transport", "Standard"),
    buyer("हिमालय चाय", "अनिता शर्मा", "anita@himalaya.example", "food", "Basic"),
    buyer("O’Malley Plumbing", "Siobhán O’Malley", "siobhan@omalley.example", "trades", "Daily"),
    buyer("서울 공방", "김민준", "minjun@seoulgongbang.example", "crafts", "Standard"),
    buyer("Ateliê João Simões", "João Simões", "joao@simoes.example", "design", "Basic"),
    buyer("Žižkov Brewing s.r.o.", "Kateřina Dvořáková", "katerina@zizkov.example", "food", "Standard"),
    buyer("Magyar Könyvműhely Kft.", "Zoltán Szőke", "zoltan@konyvmuhely.example", "books", "Basic"),
    buyer("Ħal Qormi Stoneworks", "Ġorġ Borġ", "gorg@halqormi.example", "trades", "Basic"),
    buyer("ООО «Северный ветер»", "Ольга Смирнова", "olga@severveter.example", "energy", "Pro"),
    buyer("Harbour Street Studio", "Zoë Baptiste", "zoe@harbourstreet.example", "design", "Standard"),
    buyer("Dr. Amara Nwosu", "Amara Nwosu", "amara@nwosu.example", "health", "Daily"),
    buyer("בית קפה הגליל", "נועה לוי", "noa@hagalil.example", "food", "Basic"),
    buyer("Țara Verde SRL", "Ștefan Ionescu", "stefan@taraverde.example", "farming", "Standard"),
    buyer("Fjällräven Åkeri AB", "Björn Åkerström", "bjorn@fjallakeri.example", "transport", "Standard"),
    buyer("Quechua Textiles", "Illari Quispe", "illari@quechua.example", "crafts", "Basic"),
    buyer("ქართული ღვინო", "ნინო ბერიძე", "nino@gvino.example", "food", "Standard"),
    buyer("Hawaiʻi Reef Tours", "Keʻala Kāne", "keala@reeftours.example", "travel", "Daily"),
    buyer("Vít & Dcery, účetní", "Božena Vítová", "bozena@vit.example", "accounting", "Standard"),
    buyer("Ferreira & Conceição", "António Conceição", "antonio@ferreira.example", "law", "Pro"),
    buyer("Smith-Jones Veterinary", "Robin Smith-Jones", "robin@sjvet.example", "health", "Basic"),
    buyer("தமிழ் அச்சகம்", "கவிதா இராமன்", "kavitha@achagam.example", "printing", "Basic"),
    buyer("Lumière 🌙 Events", "Chloé Diallo", "chloe@lumiere.example", "events", "Standard"),
];
