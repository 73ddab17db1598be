package picture

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// A scene is what the picture shows: an editor above a terminal.
type scene struct {
	source        []string // the lines in the editor, at the beginning
	before, after string   // the line that is changed, and what it becomes
	command       string   // what was typed to start the program
	rows          []row    // what the terminal shows in the end
}

// Sizes in pixels. The font is 14 px high.
const (
	width      = 760
	margin     = 20 // between the frame and the text
	lineHeight = 20
	barHeight  = 34 // the bar with the name of the editor or the terminal
)

// Pauses of the animation in seconds.
const (
	toRead = 1.2  // before somebody types
	toType = 0.05 // for each character
	toPass = 0.35 // between two rows of the program
	toSave = 1.2  // after a line was changed
)

// style has the colours, first for light and then for dark surroundings. Without animations, as in
// most image viewers, the picture shows the end of the scene.
const style = `
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #1f2328 }
.frame { fill: #ffffff; stroke: #d0d7de } .bar { fill: #f6f8fa } .rule { stroke: #d0d7de }
.name { font-size: 12px } .dim, .name { fill: #59636e } .accent { fill: #0b6e83 } .bad { fill: #c0272d }
.word { fill: #8250df } .string { fill: #22703a } .old { opacity: 0 } .mark { fill: #bf8700 }
@media (prefers-color-scheme: dark) {
text { fill: #d9dde3 }
.frame { fill: #15181d; stroke: #363c45 } .bar { fill: #1d2127 } .rule { stroke: #363c45 }
.dim, .name { fill: #929aa5 } .accent { fill: #5cc8d8 } .bad { fill: #ff7b72 }
.word { fill: #c79bf2 } .string { fill: #98cf87 } .mark { fill: #e3b341 }
}
@media (prefers-reduced-motion: no-preference) {
.in { animation: in .01s step-end backwards } .old { animation: out .01s step-end backwards }
}
@keyframes in { from { opacity: 0; fill-opacity: 0 } }
@keyframes out { from { opacity: 1 } }
`

// A drawing is a picture that is not complete yet.
type drawing struct {
	strings.Builder
	y    int     // the upper edge of what is drawn next
	time float64 // when it appears, in seconds; 0 means from the beginning
}

// draw returns the picture as SVG.
func draw(s scene) string {
	d := &drawing{}
	editor := barHeight + len(s.source)*lineHeight + margin
	height := editor + barHeight + (len(s.rows)+1)*lineHeight + margin
	fmt.Fprintf(d, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n",
		width, height, width, height)
	d.WriteString("<title>A conversation with Moonlark, during which a tool is changed</title>\n<style>" + style + "</style>\n")
	fmt.Fprintf(d, `<rect class="frame" x=".5" y=".5" width="%d" height="%d" rx="8"/>`+"\n", width-1, height-1)

	// The terminal comes first, because it says when the line in the editor is changed.
	d.y = editor
	d.bar("terminal", true)
	changed := d.terminal(s)
	d.y = 0
	d.bar("scripts/hello.lua", false)
	d.editor(s, changed)
	d.WriteString("</svg>\n")
	return d.String()
}

// bar draws the bar above the editor or the terminal.
func (d *drawing) bar(name string, rule bool) {
	fmt.Fprintf(d, `<rect class="bar" x="1" y="%d" width="%d" height="%d" rx="7"/>`+"\n", d.y+1, width-2, barHeight-6)
	if rule {
		fmt.Fprintf(d, `<path class="rule" d="M1 %d.5H%d"/>`+"\n", d.y, width-1)
	}
	fmt.Fprintf(d, `<text class="name" x="%d" y="%d">%s</text>`+"\n", margin, d.y+19, name)
	d.y += barHeight
}

// line draws a line of text. The content is SVG.
func (d *drawing) line(attributes, content string) {
	d.y += lineHeight
	fmt.Fprintf(d, `<text x="%d" y="%d" %s xml:space="preserve">%s</text>`+"\n", margin, d.y-4, attributes, content)
}

// at returns the attributes of something that appears after so many seconds. They are empty for
// something that is there from the beginning.
func at(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf(`class="in" style="animation-delay:%.2fs"`, seconds)
}

// terminal draws the command and the rows of the terminal. It returns when the script is changed. The
// rows before the first line that somebody types are there from the beginning.
func (d *drawing) terminal(s scene) (changed float64) {
	d.line("", `<tspan class="dim">$ </tspan>`+html.EscapeString(s.command))
	for _, r := range s.rows {
		if r.text() == "" {
			d.y += lineHeight
			continue
		}
		typed := strings.HasPrefix(r.text(), "  you ›")
		reloaded := strings.Contains(r.text(), "reloaded")
		switch {
		case typed:
			d.time += toRead
		case reloaded:
			changed = d.time + toRead
			d.time = changed + toSave
		case d.time > 0:
			d.time += toPass
		}
		if reloaded {
			d.mark(d.time)
		}
		shows := at(d.time)
		d.line(shows, d.content(r, typed))
	}
	return changed
}

// content returns the text of a row. typed says that somebody types the part without a style.
func (d *drawing) content(r row, typed bool) string {
	content := ""
	for _, span := range r {
		switch {
		case span.style != "":
			content += fmt.Sprintf(`<tspan class="%s">%s</tspan>`, span.style, html.EscapeString(span.text))
		case typed:
			content += d.typed(span.text)
		default:
			content += html.EscapeString(span.text)
		}
	}
	return content
}

// mark draws a mark at the left edge of the next line.
func (d *drawing) mark(seconds float64) {
	fmt.Fprintf(d, `<g %s><rect class="mark" x="8" y="%d" width="3" height="%d"/></g>`+"\n", at(seconds), d.y, lineHeight)
}

// typed returns a text whose characters appear one after the other.
func (d *drawing) typed(text string) string {
	var b strings.Builder
	for _, r := range text {
		d.time += toType
		fmt.Fprintf(&b, `<tspan %s>%s</tspan>`, at(d.time), html.EscapeString(string(r)))
	}
	return b.String()
}

// editor draws the source, and the line that is changed at that time twice.
func (d *drawing) editor(s scene, changed float64) {
	for _, line := range s.source {
		if line != s.before {
			d.line("", highlight(line))
			continue
		}
		d.line(fmt.Sprintf(`class="old" style="animation-delay:%.2fs"`, changed), highlight(line))
		d.y -= lineHeight
		d.mark(changed)
		d.line(at(changed), highlight(s.after))
	}
}

// token matches what has a colour in Lua code.
var token = regexp.MustCompile(`"[^"]*"|\b(?:function|return|end|local|true|false|nil)\b`)

func highlight(line string) string {
	var b strings.Builder
	for {
		at := token.FindStringIndex(line)
		if at == nil {
			return b.String() + html.EscapeString(line)
		}
		class := "word"
		if line[at[0]] == '"' {
			class = "string"
		}
		fmt.Fprintf(&b, `%s<tspan class="%s">%s</tspan>`, html.EscapeString(line[:at[0]]), class, html.EscapeString(line[at[0]:at[1]]))
		line = line[at[1]:]
	}
}
