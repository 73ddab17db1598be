package inspector

import "moonlark/engine/bus"

// A tab describes a table of events in the page: which events are its rows, and which of their fields
// are its columns. The page has no code for a particular tab.
type tab struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	About   string     `json:"about"` // what the page says while there is no row
	Types   []bus.Type `json:"types"`
	Columns []column   `json:"columns"`
}

// A column is one column of a tab.
type column struct {
	Title string `json:"title"`
	Field string `json:"field"` // the name of the field, or a path such as "llm.model"
	// Unit is "s" for a duration in seconds, "n" for a number, "sum" for a number whose sum is shown
	// below the table, and empty for a text.
	Unit string `json:"unit,omitempty"`
}

// tabs are the tables of the page. The page shows About in place of a table without rows.
var tabs = []tab{
	{"llm", "LLM", "No language model has been asked yet: only the embedded agent asks one.", []bus.Type{bus.ModelRound}, []column{
		{"model", "llm.model", ""}, {"round", "llm.round", "n"}, {"calls", "llm.calls", "n"}, {"input", "llm.input_tokens", "sum"},
		{"output", "llm.output_tokens", "sum"}, {"first token", "llm.first_token", "s"}, {"total", "llm.seconds", "s"}, {"attempts", "llm.attempts", "n"},
	}},
	{"link", "Connection", "There has been no connection yet.", []bus.Type{bus.Connecting, bus.Connected, bus.Retrying, bus.Disconnected, bus.Status}, []column{
		{"what", "type", ""}, {"status", "status", ""}, {"conversation", "conversation_id", ""}, {"code", "code", "n"}, {"text", "text", ""}, {"reason", "reason", ""},
	}},
	{"devices", "Devices", "No speaker, microphone or wake word is in use.", []bus.Type{bus.Speaker, bus.Microphone, bus.WakeWord, bus.Wake, bus.Sound}, []column{
		{"what", "type", ""}, {"device", "device", ""}, {"text", "text", ""}, {"score", "score", "n"}, {"gaps", "sound.gaps", "n"}, {"late", "sound.late", "n"},
	}},
}
