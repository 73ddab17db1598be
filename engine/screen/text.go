package screen

import (
	"fmt"
	"slices"
	"strings"
)

// Buttons returns the buttons of the document, and its cards that can be touched, from top to bottom.
func (d Document) Buttons() []Button { return buttonsOf(d.Blocks) }

func buttonsOf(blocks []Block) (list []Button) {
	for _, b := range blocks {
		list = append(list, b.Buttons...)
		for _, item := range b.Items {
			if item.Key != "" {
				list = append(list, Button{Key: item.Key, Text: item.Text, Old: item.Old})
			}
		}
		for _, column := range b.Columns {
			list = append(list, buttonsOf(column)...)
		}
	}
	return list
}

// Text returns what the document shows as lines of text: each block in one or more lines, buttons in
// brackets, and after that a note and a question. Without blocks, it is the idle page.
func (d Document) Text() string {
	var lines []string
	if len(d.Blocks) == 0 {
		lines = append(lines, d.Idle.Title, d.Idle.Hint, buttonLine(d.Idle.Asks))
	}
	lines = append(lines, textOf(d.Blocks)...)
	if d.Note != nil {
		lines = append(lines, "note: "+d.Note.Text)
	}
	if d.Ask != nil {
		lines = append(lines, "question: "+d.Ask.Title, d.Ask.Text, buttonLine(d.Ask.Choices))
	}
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

func buttonLine(buttons []Button) string {
	words := make([]string, len(buttons))
	for i, b := range buttons {
		words[i] = "[" + b.Text + "]"
	}
	return strings.Join(words, " ")
}

func textOf(blocks []Block) (lines []string) {
	for _, b := range blocks {
		lines = append(lines, b.Title)
		switch b.Kind {
		case "list", "cards":
			for _, item := range b.Items {
				lines = append(lines, "- "+joined(item.Text, item.Detail))
			}
		case "image":
			lines = append(lines, "image: "+b.Alt, b.Caption)
		case "chart":
			lines = append(lines, "chart: "+b.Alt)
		case "qr":
			lines = append(lines, "QR code: "+b.Alt, joined(b.Caption, b.Detail))
		case "buttons":
			lines = append(lines, buttonLine(b.Buttons))
		case "columns":
			for _, column := range b.Columns {
				lines = append(lines, textOf(column)...)
			}
		case "progress":
			lines = append(lines, joined(fmt.Sprintf("%.0f %%", 100*b.Value), b.Text))
		case "timer":
			lines = append(lines, joined("timer", b.Text))
		default:
			lines = append(lines, joined(b.Text, b.Badge))
		}
	}
	return lines
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}
