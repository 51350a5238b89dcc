//! The server's settings that are ours, in a file that the cluster's `postgresql.conf` includes last.

use std::fmt::Write as _;
use std::path::Path;

use super::{ClusterOptions, Durability, PORT};

/// What `postgresql.conf` gets appended; relative, so that the whole directory may be moved.
pub(super) const INCLUDE: &str = "\ninclude_if_exists = '../retainer.conf'\n";

/// The text of `retainer.conf`.
pub(super) fn render(options: &ClusterOptions, socket_dir: &Path, cluster_name: &str) -> String {
    let mut text = String::from("# Rewritten at every start. For settings of your own use `alter system`.\n");
    let mut set = |name: &str, value: &str| {
        let quoted = value.replace('\\', "\\\\").replace('\'', "''");
        writeln!(text, "{name} = '{quoted}'").expect("writing to a string cannot fail");
    };
    set("listen_addresses", "");
    set("port", &PORT.to_string());
    set("unix_socket_directories", &socket_dir.display().to_string());
    set("unix_socket_permissions", "0700");
    set("cluster_name", cluster_name);
    set("password_encryption", "scram-sha-256");
    set("max_connections", &options.max_connections.to_string());
    set("shared_buffers", &format!("{}MB", options.shared_buffers_mib));
    set("jit", "off");
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    // Error texts are matched by us and read by whoever gets the log.
    set("lc_messages", "C");
    set("logging_collector", "on");
    set("log_directory", "../log");
    // One file a weekday, begun anew each week, so the log never outgrows a week.
    set("log_filename", "postgresql-%a.log");
    set("log_truncate_on_rotation", "on");
    set("log_rotation_age", "1d");
    set("log_rotation_size", "0");
    set("log_line_prefix", "%m [%p] %u@%d ");
    // A bulk import would otherwise fill the log with the rhythm of its checkpoints.
    set("log_checkpoints", "off");
    let fsync = match options.durability {
        Durability::Durable => "on",
        Durability::Disposable => "off",
    };
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        set(name, fsync);
    }
    if options.durability == Durability::Disposable {
        set("wal_level", "minimal");
        set("max_wal_senders", "0");
        set("checkpoint_timeout", "30min");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durable_means_fsync_and_values_are_quoted() {
        let durable = render(&ClusterOptions::durable("/x"), Path::new("/it's"), "retainer-1");
        assert!(durable.contains("\nfsync = 'on'\n") && durable.contains("\nunix_socket_directories = '/it''s'\n"));
        let disposable = render(&ClusterOptions::disposable("/x"), Path::new("/x"), "retainer-1");
        assert!(disposable.contains("\nfsync = 'off'\n") && disposable.contains("\nlisten_addresses = ''\n"));
    }
}
