package inspector

import (
	"moonlark/engine/activity"
	"moonlark/engine/bus"
)

// A tab describes a table of events in the page: which events are its rows, and which of their fields
// are its columns. The page has no code for a particular tab. If the events are activities, only those
// of the tab are its rows, and the page shows the tab only when there has been one.
type tab struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	About   string     `json:"about"` // what the page says while there is no row
	Types   []bus.Type `json:"types"`
	Columns []column   `json:"columns"`
	// Contents says that GET /contents has tables for this tab.
	Contents bool `json:"contents,omitempty"`
}

// tabOf returns the tab that shows the activities of a module.
func tabOf(t *activity.Tab) tab {
	one := tab{ID: t.ID, Title: t.Title, About: t.About, Types: []bus.Type{bus.Activity}, Contents: t.HasContents}
	for _, c := range t.Columns {
		one.Columns = append(one.Columns, column{c.Name, "fields." + c.Name, string(c.Unit)})
	}
	one.Columns = append(one.Columns, column{Title: "script", Field: "script"})
	return one
}

// A column is one column of a tab.
type column struct {
	Title string `json:"title"`
	Field string `json:"field"` // the name of the field, or a path such as "llm.model"
	// Unit is "s" for a duration in seconds, "n" for a number, "sum" for a number whose sum is shown
	// below the table, and empty for a text.
	Unit string `json:"unit,omitempty"`
}

// tabs are the tables of the page that do not show activities of modules. The page shows About in place of a table without rows.
var tabs = []tab{
	{ID: "llm", Title: "LLM", About: "No language model has been asked yet: only the embedded agent asks one.", Types: []bus.Type{bus.ModelRound}, Columns: []column{
		{"model", "llm.model", ""}, {"round", "llm.round", "n"}, {"calls", "llm.calls", "n"}, {"input", "llm.input_tokens", "sum"},
		{"output", "llm.output_tokens", "sum"}, {"first token", "llm.first_token", "s"}, {"total", "llm.seconds", "s"}, {"attempts", "llm.attempts", "n"}, {"cost", "llm.cost", "sum"},
	}},
	tabOf(&activity.Tab{ID: "prompt", Title: "Prompts", About: "No language model has been asked yet.", Columns: []activity.Column{
		{Name: "round", Unit: activity.Number}, {Name: "messages", Unit: activity.Number}, {Name: "tools", Unit: activity.Number}, {Name: "newest"},
	}}),
	{ID: "link", Title: "Connection", About: "There has been no connection yet.", Types: []bus.Type{bus.Connecting, bus.Connected, bus.Retrying, bus.Disconnected, bus.Status}, Columns: []column{
		{"what", "type", ""}, {"status", "status", ""}, {"conversation", "conversation_id", ""}, {"code", "code", "n"}, {"text", "text", ""}, {"reason", "reason", ""},
	}},
	{ID: "devices", Title: "Devices", About: "No speaker, microphone or wake word is in use.", Types: []bus.Type{bus.Speaker, bus.Microphone, bus.WakeWord, bus.Wake, bus.Sound}, Columns: []column{
		{"what", "type", ""}, {"device", "device", ""}, {"text", "text", ""}, {"score", "score", "n"}, {"gaps", "sound.gaps", "n"}, {"late", "sound.late", "n"},
	}},
}
