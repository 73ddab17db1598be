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
// module declares its Tab in its own package.
type Tab struct {
	ID    string // names the tab in addresses of the page and in events, such as "http"
	Title string // the title of the tab
	About string // the text that the page shows while the table has no rows
	// Columns are the columns of the table. An activity has a value for each of them.
	Columns []Column
	// HasContents says that the module also shows contents: see Contents.
	HasContents bool
}

// A Column describes one column of the table of a Tab.
type Column struct {
	// Name is the title of the column. It is also the name of the field of an activity event that has the
	// value for this column.
	Name string
	Unit Unit // of the values
}

// A Unit says how the page formats the values of a column.
type Unit string

// The units of columns. A column of numbers is aligned at the right.
const (
	Text    Unit = ""    // a text, or another value that is shown as it is
	Seconds Unit = "s"   // a duration in seconds
	Number  Unit = "n"   // a number without a unit
	Sum     Unit = "sum" // a number; below the table, the page shows the sum of the column
)

const (
	// MaxText is the maximum length of a text of an activity, in characters.
	MaxText = 200
	// MaxPrefix is the maximum size of the beginning of a text that Prefix returns, in bytes. It does not
	// include Ellipsis, and it is the size before bytes that are not UTF-8 are replaced.
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

// Contents are data that a module keeps for a script, such as a database. People may look at them but not
// change them. A module shows them with luastd.Runtime.ShowContents.
type Contents struct {
	Tab *Tab
	// Name is the name of the contents in the page, such as "shop.db". If a script has several contents with
	// the same Tab and the same name, only the first of them can be read.
	Name string
	// Read returns at most MaxRows rows of a table, beginning with row number offset. If table is empty,
	// Read uses the first table. Any goroutine may call it. It must return soon after ctx is done, and must
	// not make the script wait.
	Read func(ctx context.Context, table string, offset int) (Page, error)
}

// MaxRows is the maximum number of rows of a Page.
const MaxRows = 100

// A Page is a part of a table of contents.
type Page struct {
	Tables  []string `json:"tables"` // the names of all tables
	Table   string   `json:"table"`  // the table that the page shows
	Columns []string `json:"columns"`
	// Rows have a value for each column: a text, which is cut to MaxText characters, a number, or nil.
	Rows [][]any `json:"rows"`
	More bool    `json:"more"` // the table has rows after these
}

// A Source identifies Contents of a script.
type Source struct {
	Tab    string `json:"tab"` // Tab.ID
	Script string `json:"script"`
	Name   string `json:"name"`
}
