package inspector

import (
	"moonlark/engine/activity"
	"moonlark/engine/bus"
)

// A tab describes a table of events in the page: which events are its rows, and which of their fields
// are its columns. The page has no code for a particular tab, only texts (see texts.js): the title of the
// tab is tab_ID, and about_ID is what the page says while there is no row. A tab of a module has texts of
// its own. If the events are activities, only those of the tab are its rows, and the page shows the tab only
// when there has been one.
type tab struct {
	ID      string     `json:"id"`
	Title   string     `json:"title,omitempty"` // of a tab of a module
	About   string     `json:"about,omitempty"`
	Types   []bus.Type `json:"types"`
	Columns []column   `json:"columns"`
	// Contents says that GET /contents has tables for this tab.
	Contents bool `json:"contents,omitempty"`
}

// tabOf returns the tab that shows the activities of a module.
func tabOf(t *activity.Tab) tab {
	one := tab{ID: t.ID, Title: t.Title, About: t.About, Types: []bus.Type{bus.Activity}, Contents: t.HasContents}
	for _, c := range t.Columns {
		one.Columns = append(one.Columns, column{c.Name, c.Name, "fields." + c.Name, string(c.Unit)})
	}
	one.Columns = append(one.Columns, column{Name: "script", Field: "script"})
	return one
}

// A column is one column of a tab. Without a Title, its title is the text column_NAME.
type column struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	Field string `json:"field"` // the name of the field, or a path such as "llm.model"
	// Unit is "s" for a duration in seconds, "n" for a number, "sum" for a number whose sum is shown
	// below the table, and empty for a text.
	Unit string `json:"unit,omitempty"`
}

// tabs are the tables of the page.
var tabs = []tab{
	{ID: "llm", Types: []bus.Type{bus.ModelRound}, Columns: []column{
		{"model", "", "llm.model", ""}, {"round", "", "llm.round", "n"}, {"calls", "", "llm.calls", "n"}, {"input", "", "llm.input_tokens", "sum"},
		{"output", "", "llm.output_tokens", "sum"}, {"first_token", "", "llm.first_token", "s"}, {"total", "", "llm.seconds", "s"}, {"attempts", "", "llm.attempts", "n"}, {"cost", "", "llm.cost", "sum"},
	}},
	{ID: "prompt", Types: []bus.Type{bus.Activity}, Columns: []column{
		{"round", "", "fields.round", "n"}, {"messages", "", "fields.messages", "n"}, {"tools", "", "fields.tools", "n"}, {"newest", "", "fields.newest", ""},
	}},
	{ID: "link", Types: []bus.Type{bus.Connecting, bus.Connected, bus.Retrying, bus.Disconnected, bus.Status}, Columns: []column{
		{"what", "", "type", ""}, {"status", "", "status", ""}, {"conversation", "", "conversation_id", ""}, {"code", "", "code", "n"}, {"text", "", "text", ""}, {"reason", "", "reason", ""},
	}},
	{ID: "devices", Types: []bus.Type{bus.Speaker, bus.Microphone, bus.WakeWord, bus.Wake, bus.Sound}, Columns: []column{
		{"what", "", "type", ""}, {"device", "", "device", ""}, {"text", "", "text", ""}, {"score", "", "score", "n"}, {"gaps", "", "sound.gaps", "n"}, {"late", "", "sound.late", "n"},
	}},
}
