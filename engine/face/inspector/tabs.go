package inspector

import "moonlark/engine/bus"

// A Tab describes a table of events in the page: which events are its rows, and which of their fields
// are its columns. The page has no code for a particular tab.
type Tab struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	About   string     `json:"about"` // what the page says while there is no row
	Types   []bus.Type `json:"types"`
	Columns []Column   `json:"columns"`
}

// A Column is one column of a Tab.
type Column struct {
	Title string `json:"title"`
	Field string `json:"field"` // the name of the field, or a path such as "llm.model"
	// Unit is "s" for a duration in seconds, "n" for a number, "sum" for a number whose sum is shown
	// below the table, and empty for a text.
	Unit string `json:"unit,omitempty"`
}

// tabs are the tables of the page. A table that never had a row is shown with its About.
var tabs = []Tab{
	{"llm", "LLM", "No language model has been asked yet: only the embedded agent asks one.", []bus.Type{bus.ModelRound}, []Column{
		{"model", "llm.model", ""}, {"round", "llm.round", "n"}, {"calls", "llm.calls", "n"}, {"in", "llm.input_tokens", "sum"},
		{"out", "llm.output_tokens", "sum"}, {"first", "llm.first_token", "s"}, {"all", "llm.seconds", "s"}, {"attempts", "llm.attempts", "n"},
	}},
	{"link", "Connection", "There was no connection yet.", []bus.Type{bus.Connecting, bus.Connected, bus.Retrying, bus.Disconnected, bus.Status}, []Column{
		{"what", "type", ""}, {"status", "status", ""}, {"conversation", "conversation_id", ""}, {"code", "code", "n"}, {"text", "text", ""}, {"reason", "reason", ""},
	}},
	{"devices", "Devices", "No speaker, microphone or wake word is in use.", []bus.Type{bus.Speaker, bus.Microphone, bus.WakeWord, bus.Wake, bus.Sound}, []Column{
		{"what", "type", ""}, {"device", "device", ""}, {"text", "text", ""}, {"score", "score", "n"}, {"gaps", "sound.gaps", "n"}, {"late", "sound.late", "n"},
	}},
}
