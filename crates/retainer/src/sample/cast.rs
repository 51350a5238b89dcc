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
    buyer("Northwind Traders", "Jane Whitfield", PORTAL_EMAIL, "wholesale", "standard"),
    buyer("Søren Kierke & Søn ApS", "Søren Kierke", "soren@kierke.example", "retail", "standard"),
    buyer("株式会社 山田製作所", "山田 太郎", "taro@yamada.example", "manufacturing", "pro"),
    buyer("Łódzka Piekarnia Sp. z o.o.", "Małgorzata Żółć", "malgorzata@piekarnia.example", "food", "basic"),
    buyer("مكتبة النور", "ليلى حسن", "layla@alnoor.example", "books", "basic"),
    buyer("Café Ñandú S.R.L.", "Lucía Muñoz", "lucia@nandu.example", "food", "daily"),
    buyer("Ærø Færge A/S", "Åse Ørsted", "aase@aeroe.example", "transport", "standard"),
    buyer("Θεοδωράκης & Υιοί", "Νίκος Θεοδωράκης", "nikos@theodorakis.example", "shipping", "standard"),
    buyer("Bäckerei Müßiggang GmbH", "Jürgen Groß", "juergen@muessiggang.example", "food", "basic"),
    buyer("Þórsmörk Travel ehf.", "Guðrún Þórðardóttir", "gudrun@thorsmork.example", "travel", "standard"),
    buyer("北京晨光科技有限公司", "王小明", "xiaoming@chenguang.example", "software", "pro"),
    buyer("Ọlájídé Farms Ltd", "Ọlámide Adébáyò", "olamide@olajide.example", "farming", "basic"),
    buyer("Ivanka’s Цветя ЕООД", "Иванка Петрова", "ivanka@tsvetya.example", "retail", "basic"),
    buyer("Tŷ Newydd Architects", "Siân Llewelyn", "sian@tynewydd.example", "architecture", "standard"),
    buyer("Kōwhai Dental", "Aroha Ngāti", "aroha@kowhai.example", "health", "daily"),
    buyer("Çelik & Öztürk Hukuk", "Gülşen Öztürk", "gulsen@celik.example", "law", "pro"),
    buyer("Maison d’Été SARL", "Hélène Lefèvre", "helene@maisondete.example", "design", "standard"),
    buyer("สวนลุง โฮมสเตย์", "สมชาย ใจดี", "somchai@suanlung.example", "travel", "basic"),
    buyer("Nguyễn & Trần Logistics", "Nguyễn Thị Hương", "huong@nguyentran.example", "transport", "standard"),
    buyer("हिमालय चाय", "अनिता शर्मा", "anita@himalaya.example", "food", "basic"),
    buyer("O’Malley Plumbing", "Siobhán O’Malley", "siobhan@omalley.example", "trades", "daily"),
    buyer("서울 공방", "김민준", "minjun@seoulgongbang.example", "crafts", "standard"),
    buyer("Ateliê João Simões", "João Simões", "joao@simoes.example", "design", "basic"),
    buyer("Žižkov Brewing s.r.o.", "Kateřina Dvořáková", "katerina@zizkov.example", "food", "standard"),
    buyer("Magyar Könyvműhely Kft.", "Zoltán Szőke", "zoltan@konyvmuhely.example", "books", "basic"),
    buyer("Ħal Qormi Stoneworks", "Ġorġ Borġ", "gorg@halqormi.example", "trades", "basic"),
    buyer("ООО «Северный ветер»", "Ольга Смирнова", "olga@severveter.example", "energy", "pro"),
    buyer("Harbour Street Studio", "Zoë Baptiste", "zoe@harbourstreet.example", "design", "standard"),
    buyer("Dr. Amara Nwosu", "Amara Nwosu", "amara@nwosu.example", "health", "daily"),
    buyer("בית קפה הגליל", "נועה לוי", "noa@hagalil.example", "food", "basic"),
    buyer("Țara Verde SRL", "Ștefan Ionescu", "stefan@taraverde.example", "farming", "standard"),
    buyer("Fjällräven Åkeri AB", "Björn Åkerström", "bjorn@fjallakeri.example", "transport", "standard"),
    buyer("Quechua Textiles", "Illari Quispe", "illari@quechua.example", "crafts", "basic"),
    buyer("ქართული ღვინო", "ნინო ბერიძე", "nino@gvino.example", "food", "standard"),
    buyer("Hawaiʻi Reef Tours", "Keʻala Kāne", "keala@reeftours.example", "travel", "daily"),
    buyer("Vít & Dcery, účetní", "Božena Vítová", "bozena@vit.example", "accounting", "standard"),
    buyer("Ferreira & Conceição", "António Conceição", "antonio@ferreira.example", "law", "pro"),
    buyer("Smith-Jones Veterinary", "Robin Smith-Jones", "robin@sjvet.example", "health", "basic"),
    buyer("தமிழ் அச்சகம்", "கவிதா இராமன்", "kavitha@achagam.example", "printing", "basic"),
    buyer("Lumière 🌙 Events", "Chloé Diallo", "chloe@lumiere.example", "events", "standard"),
];
