// Package activity has the plain values with which a module describes what it shows to people: the
// columns of its activities, and the contents of what it keeps, such as a database. The inspector makes
// a tab from them. Neither it nor its page has code for a particular module.
package activity

import (
	"context"
	"strings"

	"moonlark/engine/safetext"
)

// A Tab describes the activities of a module, such as the requests that scripts send, as a table. A
// module has it beside its own code.
type Tab struct {
	ID    string // what the address of the page and the events have, such as "http"
	Title string
	About string // what the page says while there is no row
	// Columns are the columns of the table. An activity has a value for each of them.
	Columns []Column
	// HasContents says that the module also shows contents: see Contents.
	HasContents bool
}

// A Column is a column of a Tab.
type Column struct {
	Name string // the title, and the name of the field in the event
	Unit Unit
}

// A Unit says how the page writes the values of a column.
type Unit string

// The units of columns. A column of numbers is aligned at the right.
const (
	Text    Unit = ""    // a text, or another value that is shown as it is
	Seconds Unit = "s"   // a duration in seconds
	Number  Unit = "n"   // a number without a unit
	Sum     Unit = "sum" // a number; the page shows the sum below the table
)

const (
	// MaxText is the maximal length of a text of an activity, in characters.
	MaxText = 200
	// MaxPrefix is the maximal size of what Prefix returns, in bytes, less that of Ellipsis and before
	// bytes that are not UTF-8 are replaced.
	MaxPrefix = 4 << 10
	// Ellipsis is at the end of a text that was cut.
	Ellipsis = "…"
)

// Prefix returns text as valid UTF-8. Of a text that is longer than MaxPrefix bytes, it returns the
// beginning, followed by Ellipsis. A module passes the prefix of a text that may be long, because a page
// shows only its first MaxText characters: see Cut.
func Prefix(text string) string {
	return strings.ToValidUTF8(safetext.Cut(text, MaxPrefix, Ellipsis), "\ufffd")
}

// Cut returns text, or its first max characters and Ellipsis.
func Cut(text string, max int) string {
	for i := range text {
		if max == 0 {
			return text[:i] + Ellipsis
		}
		max--
	}
	return text
}

// Contents are something that a module keeps for a script and that people may look at but not change,
// such as a database. A module shows them with luastd.Runtime.ShowContents.
type Contents struct {
	Tab *Tab
	// Name is what the page calls them, such as "shop.db". Of several contents of a script and a tab with
	// the same name, only the first can be read.
	Name string
	// Read returns rows of a table: those from number offset on, at most MaxRows of them. An empty table
	// is the first one. Read is called on any goroutine, and must end soon after ctx is done. It must not
	// make the script wait.
	Read func(ctx context.Context, table string, offset int) (Page, error)
}

// MaxRows is the maximal number of rows of a Page.
const MaxRows = 100

// A Page is a part of a table of contents.
type Page struct {
	Tables  []string `json:"tables"` // the names of all tables
	Table   string   `json:"table"`  // the table that the page shows
	Columns []string `json:"columns"`
	// Rows have a value for each column: a text, which is cut to MaxText characters, a number, or nil.
	Rows [][]any `json:"rows"`
	More bool    `json:"more"` // there are more rows
}

// A Source names contents of a script.
type Source struct {
	Tab    string `json:"tab"` // Tab.ID
	Script string `json:"script"`
	Name   string `json:"name"`
}
