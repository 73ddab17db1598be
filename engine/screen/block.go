package screen

// A Block is one part of what the screen shows. Kind says which of the other fields are set: see
// [Kinds]. The JSON names are those that the page reads.
type Block struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"` // the name that the script has given the block; unique on the screen

	Text    string    `json:"text,omitempty"`    // text and big: the text; progress and timer: what it is about
	Style   string    `json:"style,omitempty"`   // text: one of [Styles]
	Badge   string    `json:"badge,omitempty"`   // big: a few words beside the text
	Title   string    `json:"title,omitempty"`   // list, cards and chart
	Items   []Item    `json:"items,omitempty"`   // list and cards
	Image   string    `json:"image,omitempty"`   // image: the hash of the picture
	Alt     string    `json:"alt,omitempty"`     // image and chart: what it shows, for people who do not see it; qr: what it leads to
	Caption string    `json:"caption,omitempty"` // image and qr
	Detail  string    `json:"detail,omitempty"`  // qr: a second line of the caption
	Chart   *Chart    `json:"chart,omitempty"`
	Code    *Code     `json:"code,omitempty"` // qr
	Buttons []Button  `json:"buttons,omitempty"`
	Columns [][]Block `json:"columns,omitempty"`
	Value   float64   `json:"value,omitempty"` // progress: from 0 to 1; space: the height in units of the page
	Until   float64   `json:"until,omitempty"` // timer: the end, in seconds since 1970
}

// Kinds are the kinds of blocks. The field that names the kind is the one that the script writes.
var Kinds = []string{"text", "big", "list", "cards", "image", "chart", "qr", "buttons", "columns", "progress", "timer", "space"}

// Styles are the styles of a text. The last one is the default.
var Styles = []string{"eyebrow", "title", "lead", "small", "body"}

// An Item is an entry of a list, or a card.
type Item struct {
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
	Image  string `json:"image,omitempty"` // the hash of the picture of a card
	Alt    string `json:"alt,omitempty"`
	Key    string `json:"key,omitempty"` // what a touch of the card names; empty if nothing happens then
	Old    bool   `json:"old,omitempty"` // see Button
}

// A Button is one button of the screen.
type Button struct {
	Key     string `json:"key"` // what a touch of the button names: see Touch
	Text    string `json:"text"`
	Primary bool   `json:"primary,omitempty"`
	Old     bool   `json:"old,omitempty"` // the handler belongs to a copy of the script that has been replaced
}

// A Chart is a diagram of bars or a line.
type Chart struct {
	Kind string    `json:"kind"` // "bars" or "line"
	X    []string  `json:"x"`    // a name for each value
	Y    []float64 `json:"y"`
	Unit string    `json:"unit,omitempty"`
}

// A Code is a QR code: a path of an SVG image with Size units in each direction.
type Code struct {
	Size int    `json:"size"`
	Path string `json:"path"`
}

// An Idle is the page that the screen shows when nobody is there.
type Idle struct {
	Title string   `json:"title,omitempty"`
	Hint  string   `json:"hint,omitempty"`
	Asks  []Button `json:"asks,omitempty"` // sentences that a touch says for the user
}

// Settings are what a script sets once for the whole screen. See [DefaultSettings].
type Settings struct {
	Title    string            `json:"title,omitempty"`
	Lang     string            `json:"lang"`             // language of the texts of the page, such as "de"
	Dir      string            `json:"dir"`              // "ltr" or "rtl"
	Accent   string            `json:"accent,omitempty"` // the colour that the script wants, made legible with Scheme
	Scheme   string            `json:"scheme"`           // "dark" or "light"
	Scale    float64           `json:"scale"`            // size of everything, 1 is normal
	Captions string            `json:"captions"`         // whose words are shown: "both", "agent", "user" or "none"
	Idle     float64           `json:"idle"`             // seconds without a touch or a word until the idle page comes
	Linger   float64           `json:"linger"`           // seconds that blocks stay without a touch or a word; 0 means for ever
	Wake     bool              `json:"wake"`             // a touch of the idle page begins a conversation
	Night    string            `json:"night,omitempty"`  // hours in which only a dark clock is shown while nobody is there, such as "22:00-06:00"
	Reach    string            `json:"reach"`            // "low": everything that can be touched is in the lower part; or "full"
	Texts    map[string]string `json:"texts,omitempty"`

	accent string // the colour that the script wants
}

// DefaultSettings are the settings of a screen for which no script has set anything.
func DefaultSettings() Settings {
	return Settings{Lang: "en", Dir: "ltr", Scheme: "dark", Scale: 1, Captions: "both", Idle: 45, Linger: 60, Wake: true, Reach: "full"}
}

// A Note is a short message over what the screen shows.
type Note struct {
	Text string  `json:"text"`
	Left float64 `json:"left"` // seconds until the note goes
}

// A Question is what a script asks the person who stands before the screen.
type Question struct {
	Title   string   `json:"title"`
	Text    string   `json:"text,omitempty"`
	Choices []Button `json:"choices"`
	Left    float64  `json:"left,omitempty"` // seconds until the question ends without an answer; 0 means never
}

// A Document is everything that a page shows. It can be marshalled to JSON.
type Document struct {
	Revision int       `json:"rev"` // grows with each change
	Settings Settings  `json:"settings"`
	Owner    string    `json:"owner,omitempty"` // the script whose blocks are shown
	Age      float64   `json:"age"`             // seconds since the blocks were shown or changed
	Blocks   []Block   `json:"blocks"`
	Idle     Idle      `json:"idle"`
	Note     *Note     `json:"note,omitempty"`
	Ask      *Question `json:"ask,omitempty"`
}
