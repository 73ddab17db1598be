package inspector

import "moonlark/engine/bus"

// A tab describes a table of events in the page: which events are its rows, and which of their fields
// are its columns. The page has no code for a particular tab, only texts (see texts.js): the title of the
// tab is tab_ID, and about_ID is what the page says while there is no row.
type tab struct {
	ID      string     `json:"id"`
	Types   []bus.Type `json:"types"`
	Columns []column   `json:"columns"`
}

// A column is one column of a tab. Its title is the text column_NAME.
type column struct {
	Name  string `json:"name"`
	Field string `json:"field"` // the name of the field, or a path such as "llm.model"
	// Unit is "s" for a duration in seconds, "n" for a number, "sum" for a number whose sum is shown
	// below the table, and empty for a text.
	Unit string `json:"unit,omitempty"`
}

// tabs are the tables of the page.
var tabs = []tab{
	{"llm", []bus.Type{bus.ModelRound}, []column{
		{"model", "llm.model", ""}, {"round", "llm.round", "n"}, {"calls", "llm.calls", "n"}, {"input", "llm.input_tokens", "sum"},
		{"output", "llm.output_tokens", "sum"}, {"first_token", "llm.first_token", "s"}, {"total", "llm.seconds", "s"}, {"attempts", "llm.attempts", "n"},
	}},
	{"link", []bus.Type{bus.Connecting, bus.Connected, bus.Retrying, bus.Disconnected, bus.Status}, []column{
		{"what", "type", ""}, {"status", "status", ""}, {"conversation", "conversation_id", ""}, {"code", "code", "n"}, {"text", "text", ""}, {"reason", "reason", ""},
	}},
	{"devices", []bus.Type{bus.Speaker, bus.Microphone, bus.WakeWord, bus.Wake, bus.Sound}, []column{
		{"what", "type", ""}, {"device", "device", ""}, {"text", "text", ""}, {"score", "score", "n"}, {"gaps", "sound.gaps", "n"}, {"late", "sound.late", "n"},
	}},
}
