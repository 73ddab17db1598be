package bus

import (
	"slices"
	"strings"
)

// A Type names a kind of event. It is the value of the field "type" that --json prints.
type Type string

// The types of events; [Catalogue] has a row for each.
const (
	Connecting     Type = "connecting"
	Connected      Type = "connected"
	Retrying       Type = "retrying"
	Disconnected   Type = "disconnected"
	User           Type = "user"
	Agent          Type = "agent"
	AgentPart      Type = "agent_part"
	AgentCorrected Type = "agent_corrected"
	Interruption   Type = "interruption"
	Speaking       Type = "speaking"
	Spoken         Type = "spoken"
	Silent         Type = "silent"
	Loudness       Type = "level"
	Speaker        Type = "speaker"
	Microphone     Type = "microphone"
	WakeWord       Type = "wake_word"
	Wake           Type = "wake"
	Listening      Type = "listening"
	Sound          Type = "sound"
	Hearing        Type = "hearing"
	LatencyKnown   Type = "latency"
	ToolCall       Type = "tool_call"
	ToolResult     Type = "tool_result"
	OrphanedResult Type = "orphaned_result"
	JobDone        Type = "job_done"
	Screen         Type = "screen"
	ScreenPage     Type = "screen_page"
	Touch          Type = "touch"
	ModelRound     Type = "llm"
	FirstSound     Type = "first_sound"
	Loaded         Type = "loaded"
	Reloaded       Type = "reloaded"
	ReloadFailed   Type = "reload_failed"
	ToolsChanged   Type = "tools_changed"
	Approval       Type = "approval"
	Print          Type = "print"
	Log            Type = "log"
	Error          Type = "error"
	Status         Type = "status"
	Idle           Type = "idle"
	Reconnected    Type = "reconnected"
	Raised         Type = "raised"
	AgentMessage   Type = "agent_message"
	Phase          Type = "phase"
	Bundle         Type = "bundle"
	Activity       Type = "activity"
	Dropped        Type = "dropped"
)

// A Kind describes one type of event. It is one row of [Catalogue].
type Kind struct {
	Type  Type
	About string // what has happened, in one phrase, for the manual

	// Shown lists the JSON fields that an event of this type can have besides "type" and "time".
	// Nil means that neither the terminal nor --json shows the event.
	Shown []ShownField
	// ForPages lists the JSON fields, as Shown does, of an event that the pages in the browser and
	// recordings get although neither the terminal nor --json shows it. It is nil if Shown is not.
	ForPages []ShownField

	// Script is the name of the event for the Lua function on(), empty if scripts cannot receive
	// the event under a name of Moonlark's own. Scripts receive an event that was made from a
	// message of the agent under the name of that message instead: see Event.Message.
	Script string
	// Fields are the fields of the table that a script's handler receives, without the field
	// "type".
	Fields []Field

	// Latest says that only the newest event of this type counts: a new event replaces an older one
	// that a script has not handled yet.
	Latest bool
}

// A ShownField is one JSON field of an event that --json prints.
type ShownField struct {
	Name  string
	About string // what the value is, in Markdown; empty if the name says it
}

// shown returns the fields that the texts describe, in the form "name" or "name: what the value is".
func shown(fields ...string) []ShownField {
	list := make([]ShownField, len(fields))
	for i, field := range fields {
		name, about, _ := strings.Cut(field, ": ")
		list[i] = ShownField{Name: name, About: about}
	}
	return list
}

// A Field is one field of the table that a script's handler receives.
type Field struct {
	Name  string
	Type  string          // type of the value for the Lua language server, with "?" if the value may be missing
	About string          // what the value is, in Markdown; empty if the name says it
	Of    func(Event) any // returns the value of the field, nil to leave it out; not used for [Messages]
}

var (
	eventID        = Field{"event_id", "integer", "", func(e Event) any { return e.EventID }}
	conversationID = Field{"conversation_id", "string", "", func(e Event) any { return e.ConversationID }}
)

// Catalogue describes every type of event, each once. It decides which names on() knows and which
// fields --json prints. The tables of events in the manual, and the declarations of the events for
// editors, are made from it and from [Messages].
var Catalogue = []Kind{
	{Type: Connecting, About: "Moonlark connects to an agent", Shown: shown("target: `local`, `agent` or `url`", "url: without signatures")},
	{Type: Connected, About: "a conversation has begun", Shown: shown("conversation_id")},
	{Type: Retrying, About: "a connection failed and is tried again after a pause", Shown: shown(
		"text: the error", "hint", "seconds: until the next attempt", "count: how often this error has occurred in this attempt to connect")},
	{Type: Disconnected, About: "a conversation has ended", Shown: shown(
		"conversation_id", "code: WebSocket close code; absent without a close frame", "text: the reason", "hint")},
	{Type: Status, About: "the state of the agent's life has changed", Script: "status", ForPages: shown("status: as `session.status` returns it", "reason: why"), Fields: []Field{
		{"status", `"waiting"|"connecting"|"connected"|"reconnecting"|"ended"`, "as `session.status` returns it", func(e Event) any { return e.Status }},
		{"reason", "string", "why the conversation ended or could not begin; or `\"\"`", func(e Event) any { return e.Reason }},
	}},
	{Type: Reconnected, About: "a conversation replaces one that was cut short", Script: "reconnected", Fields: []Field{conversationID}},
	{Type: Idle, About: "nobody has said anything, and no tool has run; sent each second", Script: "idle", Fields: []Field{
		{"seconds", "number", "for how long", func(e Event) any { return e.Seconds }},
	}},

	{Type: User, About: "what the user said, typed or transcribed", Shown: shown("text", "event_id: if it was transcribed")},
	{Type: Agent, About: "a reply of the agent", Shown: shown("text", "event_id")},
	{Type: AgentPart, About: "a piece of a reply, as it arrives", Shown: shown("text", "event_id", "part: `start`, `delta` or `stop`")},
	{Type: AgentCorrected, About: "the part of a reply that the agent had said when it was interrupted", Shown: shown("text", "event_id")},
	{Type: Hearing, About: "the user has begun or stopped speaking", Shown: shown(
		"on: true if the user has begun", "seconds: how long ago, because the end is noticed only after a pause", "source: `agent` if the agent's server has noticed it, `microphone` if Moonlark has, by the level of the sound")},
	{Type: LatencyKnown, About: "the first word of a reply was heard, or read in a conversation without sound, and the parts of the time until then are known", Shown: shown(
		"event_id: of the reply", "latency: an object of seconds: `understand` (from the end of the user's speech to its text), `decide` (until a tool call), `tools` (until the last result), "+
			"`answer` (until the first text or sound of the reply), `voice` (until the speaker plays it) and `total`, the sum. A part that nobody reports is absent, and its time is in the part after it")},
	{Type: Interruption, About: "the user has interrupted the agent", Shown: shown("event_id")},
	{Type: AgentMessage, About: "any other message of the agent's server"},

	{Type: Speaking, About: "the sound of a reply begins to play", Shown: shown("event_id"), Script: "speaking", Fields: []Field{eventID}},
	{Type: Spoken, About: "words of a reply have been heard; only if the agent sends the time of each character", Script: "spoken", ForPages: shown("event_id", "text: the words"), Fields: []Field{
		eventID,
		{"text", "string", "the words", func(e Event) any { return e.Text }},
	}},
	{Type: Silent, About: "the sound of a reply has ended", Shown: shown("event_id", "interrupted"), Script: "silent", Fields: []Field{
		eventID,
		{"interrupted", "boolean", "true if the user has interrupted the reply", func(e Event) any { return e.Interrupted }},
	}},
	{Type: Loudness, About: "how loud the microphone and the speaker are, 10 times a second while there is a microphone", Script: "level", Latest: true, Fields: []Field{
		{"level", "number", "of the microphone in dBFS, from -96 to 0", func(e Event) any { return e.Loudness }},
		{"speaker", "number", "level of the speaker, likewise", func(e Event) any { return e.SpeakerLoudness }},
		{"voice", "boolean", "true while somebody speaks", func(e Event) any { return e.Voice }},
	}},
	{Type: Speaker, About: "the speaker works, or does not", Shown: shown("device: the device that works", "text: what is wrong", "hint")},
	{Type: Microphone, About: "the microphone works, or does not", Shown: shown("device: the device that works", "text: what is wrong", "hint")},
	{Type: WakeWord, About: "the recogniser of wake words works, or does not", Shown: shown("device: the recogniser that works", "text: what is wrong", "hint")},
	{Type: Wake, About: "somebody has said a wake word (`--wake`)", Shown: shown("text: the wake word", "score: from 0 to 1, if it is known"), Script: "wake", Fields: []Field{
		{"word", "string", "", func(e Event) any { return e.Text }},
		{"score", "number?", "from 0 to 1, if the recogniser reports it", func(e Event) any {
			if e.Score == 0 {
				return nil
			}
			return e.Score
		}},
	}},
	{Type: Listening, About: "`session.listen` or the space bar has changed whether the agent hears the microphone", Shown: shown("listening"), Script: "listening", Fields: []Field{
		{"listening", "boolean", "", func(e Event) any { return e.Listening != nil && *e.Listening }},
	}},
	{Type: Sound, About: "the problems of the sound since the start, at the end of a conversation", Shown: shown(
		"sound: numbers of problems: `underruns` and `overruns` (Moonlark was late), `gaps` and `dropped` (the network was late), " +
			"`late` (a device was served more than 10 ms late), `wake_dropped` (the recogniser of wake words was slow)")},

	{Type: ToolCall, About: "the agent, or another program, calls a tool", Shown: shown("tool", "call_id", "args: an object", "script",
		"at: the file and line that registered the tool", "via: `mcp` if another program calls", "client: the name of that program",
		"source: `inspector` if a person tries the tool in the inspector")},
	{Type: ToolResult, About: "a tool call has its result", Shown: shown(
		"tool", "call_id", "result: a string", "is_error", "error_type", "seconds",
		"queued: seconds before the handler began", "waited: seconds that the handler spent in waits, such as `sleep`", "cpu: seconds that Lua ran for the call",
		"script", "orphaned: true if the conversation of the call was over", "via", "client", "source")},
	{Type: OrphanedResult, About: "a tool has a result, but its conversation was over before it could be sent", Script: "orphaned_result", Fields: []Field{
		conversationID,
		{"tool_call_id", "string", "", func(e Event) any { return e.CallID }},
		{"tool_name", "string", "", func(e Event) any { return e.Tool }},
		{"result", "string", "", func(e Event) any { return *e.Result }},
		{"is_error", "boolean", "", func(e Event) any { return e.IsError }},
	}},

	{Type: JobDone, About: "a job of a tool with `job = true` has its result; only the script of the tool receives it", Script: "job_done", Shown: shown(
		"tool", "call_id: that of the job", "args: an object", "result: a string", "is_error", "error_type", "script"), Fields: []Field{
		{"tool", "string", "", func(e Event) any { return e.Tool }},
		{"id", "string", "that of the job", func(e Event) any { return e.CallID }},
		{"args", "table", "the arguments of the job", func(e Event) any { return e.Args }},
		{"result", "string", "", func(e Event) any { return *e.Result }},
		{"is_error", "boolean", "", func(e Event) any { return e.IsError }},
	}},

	{Type: Screen, About: "what the screen of the kiosk shows has changed", Shown: shown("rev: the revision of what it shows", "script: whose blocks it shows")},
	{Type: ScreenPage, About: "a page that shows the screen of the kiosk has come or gone, or has begun or ceased to carry the sound", Shown: shown("action: `came`, `went`, `sound_on` or `sound_off`", "pages: how many are open now"),
		Script: "screen", Fields: []Field{
			{"action", `"came"|"went"|"sound_on"|"sound_off"`, "`sound_off` also if the page has lost its microphone", func(e Event) any { return e.Action }},
			{"pages", "integer", "how many are open now", func(e Event) any { return *e.Pages }},
			{"width", "integer", "in pixels", func(e Event) any { return e.Page.Width }},
			{"height", "integer", "", func(e Event) any { return e.Page.Height }},
			{"touch", "boolean", "true if the page has a touch screen", func(e Event) any { return e.Page.Touch }},
			{"sound", "boolean", "true if the page carries the sound (`--mic browser`, `--speaker browser`)", func(e Event) any { return e.Page.Sound }},
		}},
	{Type: Touch, About: "somebody has touched the screen of the kiosk", Shown: shown(
		"block: the id of the button or its block", "action: `press`, `choose`, `dismiss` or `wake`", "value: that of the button"),
		Script: "touch", Fields: []Field{
			{"id", "string", "the id of the button or its block, or `\"\"`", func(e Event) any { return e.Block }},
			{"action", `"press"|"choose"|"dismiss"|"wake"`, "see [screen](../screen/manual.md)", func(e Event) any { return e.Action }},
			{"value", "string", "the value of the button, or its text", func(e Event) any { return e.Value }},
		}},

	{Type: ModelRound, About: "the language model or the speech-to-speech service of the embedded agent has replied", Shown: shown(
		"llm: an object: `model`, `round` (1 for the first request of a turn), `calls` (number of tools that it has called), " +
			"`input_tokens`, `output_tokens`, `first_token` and `seconds` (until the reply began and was complete), `attempts`, `cost` (at the price of `--llm-price`)")},
	{Type: FirstSound, About: "the embedded agent begins to speak", Shown: shown(
		"seconds: since it has noticed the end of the user's sentence, or has got the user's message")},

	{Type: Loaded, About: "a script has been loaded", Shown: shown("script", "tools", "seconds")},
	{Type: Reloaded, About: "a saved script has replaced its old copy", Shown: shown("script", "tools", "seconds")},
	{Type: ReloadFailed, About: "a saved script could not be loaded: the old copy continues to run", Shown: shown("script", "text", "at: the file and line of the error", "hint")},
	{Type: ToolsChanged, About: "the tools of a script have changed without a reload, because an MCP server has been started or has changed", Shown: shown("script", "tools")},
	{Type: Approval, About: "a tool of an MCP server is to be called, and somebody must allow it; scripts receive `mcp_tool_call`", Shown: shown(
		"text: the question", "hint", "tool", "call_id", "args: the arguments", "seconds: how long the answer is awaited")},
	{Type: Bundle, About: "a bundle of scripts has come into another phase (`--fleet-store`)", Shown: shown(
		"fleet: of the bundle, if it has one", "version", "phase: `ready`, `trial`, `good`, `back` or `refused`", "text: why", "seconds: the length of the trial"),
		Script: "fleet", Fields: []Field{
			{"phase", `"ready"|"trial"|"good"|"back"|"refused"`, "", func(e Event) any { return e.Phase }},
			{"fleet", "string", "the fleet of the bundle, or `\"\"`", func(e Event) any { return e.Fleet }},
			{"version", "integer", "", func(e Event) any { return e.Version }},
			{"reason", "string", "why the bundle is not used; or `\"\"`", func(e Event) any { return e.Text }},
		}},
	{Type: Print, About: "a script has printed text", Shown: shown("script", "text")},
	{Type: Log, About: "a line of the log with the level of `--log-level` or above", Shown: shown("level", "text", "script")},
	{Type: Error, About: "the agent or the connection reported an error", Shown: shown("text", "hint", "code")},
	{Type: Raised, About: "a script, or another program, has sent the scripts an event of its own"},
	{Type: Phase, About: "the phase of the conversation has changed", ForPages: shown(
		"phase: `waiting`, `connecting`, `listening`, `hearing` (the user speaks), `thinking`, `speaking` or `ended`")},
	{Type: Activity, About: "a module has done something for a script, such as sending a request", ForPages: shown(
		"tab: the module, or the tab of the inspector that shows it", "script", "fields: an object with what the tab shows",
		"count: without `fields`: the number of activities that are left out here because there were too many")},
	{Type: Dropped, About: "events were lost because the reader was too slow", Shown: shown("count: number of events")},
}

var rows = func() map[Type]*Kind {
	byType := make(map[Type]*Kind, len(Catalogue))
	for i := range Catalogue {
		byType[Catalogue[i].Type] = &Catalogue[i]
	}
	return byType
}()

// Of returns the row of [Catalogue] for t. It returns nil if t is not in the catalogue.
func Of(t Type) *Kind { return rows[t] }

// IsShown reports whether the terminal and --json show events of type t.
func (t Type) IsShown() bool { return rows[t].Shown != nil }

// IsForPages reports whether the pages in the browser and recordings get events of type t. They get
// all events that are shown, and some more.
func (t Type) IsForPages() bool { return rows[t].Shown != nil || rows[t].ForPages != nil }

// ScriptNames returns the sorted names of Moonlark's own events that scripts can receive. The names
// of the agent's messages, under which scripts receive these messages, are not included.
func ScriptNames() []string {
	var names []string
	for _, k := range Catalogue {
		if k.Script != "" {
			names = append(names, k.Script)
		}
	}
	slices.Sort(names)
	return names
}

// ScriptName returns the name under which scripts receive the event, empty if scripts do not
// receive it.
func (e Event) ScriptName() string {
	if e.Message != nil {
		return e.Message.Name
	}
	return rows[e.Type].Script
}

// ScriptFields returns the fields of the table that a script's handler receives for an event of
// Moonlark's own, without the field "type".
func (e Event) ScriptFields() map[string]any {
	fields := make(map[string]any)
	for _, f := range rows[e.Type].Fields {
		if v := f.Of(e); v != nil {
			fields[f.Name] = v
		}
	}
	return fields
}
