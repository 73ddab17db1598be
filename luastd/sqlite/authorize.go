package sqlite

import (
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// pragmas are the pragmas that a script may use. They read the schema, check the database, or
// change only how its own connection works.
var pragmas = []string{
	"application_id", "case_sensitive_like", "collation_list", "data_version", "foreign_key_check",
	"foreign_key_list", "freelist_count", "function_list", "incremental_vacuum", "index_info",
	"index_list", "index_xinfo", "integrity_check", "optimize", "page_count",
	"quick_check", "recursive_triggers", "table_info", "table_list", "table_xinfo", "user_version",
}

// readOnlyPragmas are pragmas that a script may use only without a value.
var readOnlyPragmas = []string{
	"auto_vacuum", "busy_timeout", "cache_size", "encoding", "foreign_keys", "journal_mode", "page_size",
	"synchronous",
}

// ofConnection are the functions whose result depends on the earlier statements of the connection.
var ofConnection = []string{"changes", "last_insert_rowid", "total_changes"}

// isPrivate reports whether an action gives the connection something that other connections do not
// have.
func isPrivate(action sqlite3.AuthorizerActionCode, name, second string) bool {
	switch action {
	case sqlite3.AUTH_CREATE_TEMP_INDEX, sqlite3.AUTH_CREATE_TEMP_TABLE, sqlite3.AUTH_CREATE_TEMP_TRIGGER, sqlite3.AUTH_CREATE_TEMP_VIEW:
		return true
	case sqlite3.AUTH_PRAGMA:
		return second != "" && strings.EqualFold(name, "case_sensitive_like")
	}
	return false
}

// authorize decides whether a statement of a script may do something. It denies whatever reaches
// another file, loads code, changes the settings of the connection, or begins or ends a
// transaction.
func (c *Connection) authorize(action sqlite3.AuthorizerActionCode, name, second, _, _ string) sqlite3.AuthorizerReturnCode {
	if c.trusted {
		return sqlite3.AUTH_OK
	}
	if isPrivate(action, name, second) {
		c.Private = true
	}
	what := refusal(action, name, second)
	if c.shared && action == sqlite3.AUTH_FUNCTION && slices.Contains(ofConnection, strings.ToLower(second)) {
		what = "the function " + second
	}
	if what != "" {
		c.Refused = what
		return sqlite3.AUTH_DENY
	}
	return sqlite3.AUTH_OK
}

// refusal returns what a statement may not do, or "" if it may do it.
func refusal(action sqlite3.AuthorizerActionCode, name, second string) string {
	switch action {
	case sqlite3.AUTH_ATTACH, sqlite3.AUTH_DETACH:
		return "ATTACH, DETACH and VACUUM"
	case sqlite3.AUTH_TRANSACTION, sqlite3.AUTH_SAVEPOINT:
		return "BEGIN, COMMIT, ROLLBACK and SAVEPOINT; use database:transaction"
	case sqlite3.AUTH_PRAGMA:
		lower := strings.ToLower(name)
		if slices.Contains(pragmas, lower) || second == "" && slices.Contains(readOnlyPragmas, lower) {
			return ""
		}
		return "PRAGMA " + name
	case sqlite3.AUTH_FUNCTION:
		switch strings.ToLower(second) {
		case "load_extension", "fts3_tokenizer": // they load code
			return "the function " + second
		case "json_patch", "jsonb_patch", "decimal_mul", "regexp", "regexpi": // see replaceFunctions
			return "the function " + second
		}
	}
	return ""
}

// Trusted calls f, whose statements are those of Moonlark and not of a script.
func (c *Connection) Trusted(f func() error) error {
	c.trusted = true
	defer func() { c.trusted = false }()
	return f()
}
