package bus

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables and declarations of the events that are made from the catalogue")

// The manual and the declarations for editors have parts that are made from Catalogue and Messages.
func TestThePagesAgreeWithTheCatalogue(t *testing.T) {
	const (
		command = "../../docs/command.md"
		manual  = "../../luastd/events/manual.md"
		doc     = "../../luastd/events/doc.lua"
		types   = "../../luastd/events/events.lua"
	)
	agree(t, command, replaceBetween(t, command, tableBegin, tableEnd, jsonTable()))
	agree(t, manual, replaceBetween(t, manual, tableBegin, tableEnd, scriptTable()))
	agree(t, doc, replaceBetween(t, doc, "-- The overloads are made from engine/bus: go test ./engine/bus -update\n", "---Runs ", overloads()))
	agree(t, types, declarations())
}

const (
	tableBegin = "<!-- This table is made from engine/bus: go test ./engine/bus -update -->\n"
	tableEnd   = "<!-- End of the table -->\n"
)

// agree fails the test if the file does not have the content want. With -update, it writes the file.
func agree(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not up to date (%v): run go test ./engine/bus -update, then go test ./luastd/modules -update", path, err)
	}
}

// replaceBetween returns the content of a file with another text between begin and end.
func replaceBetween(t *testing.T, path, begin, end, text string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(content), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no part from %q to %q", path, begin, end)
	}
	return before + begin + text + end + after
}

func jsonTable() string {
	var b strings.Builder
	b.WriteString("\n| type | meaning | fields |\n| --- | --- | --- |\n")
	for _, k := range Catalogue {
		if k.Shown == nil {
			continue
		}
		var fields []string
		for _, f := range k.Shown {
			fields = append(fields, fieldText(f.Name, f.About))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Type, k.About, strings.Join(fields, ", "))
	}
	return b.String() + "\n"
}

func scriptTable() string {
	var b strings.Builder
	b.WriteString("\n| event | meaning | fields |\n| --- | --- | --- |\n")
	for _, e := range ScriptEvents() {
		var fields []string
		for _, f := range e.Fields {
			fields = append(fields, fieldText(f.Name, f.About))
		}
		if e.Fields == nil {
			fields = []string{"not documented"}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, e.About, strings.Join(fields, ", "))
	}
	return b.String() + "\n"
}

// fieldText returns the name of a field, with what its value is in brackets.
func fieldText(name, about string) string {
	switch {
	case about == "":
		return "`" + name + "`"
	case strings.Contains(about, "("):
		return "`" + name + "`: " + about
	}
	return "`" + name + "` (" + about + ")"
}

func overloads() string {
	var b strings.Builder
	for _, e := range ScriptEvents() {
		fmt.Fprintf(&b, "---@overload fun(event: %q, fn: fun(e: moonlark.event.%s))\n", e.Name, e.Name)
	}
	return b.String()
}

func declarations() string {
	var b strings.Builder
	b.WriteString("-- The events that on receives. This file is made from engine/bus: go test ./engine/bus -update\n")
	for _, e := range ScriptEvents() {
		fmt.Fprintf(&b, "\n---%s.\n---@class moonlark.event.%s: moonlark.Event\n---@field type %q\n", sentence(plain(e.About)), e.Name, e.Name)
		for _, f := range e.Fields {
			fmt.Fprintf(&b, "---@field %s\n", strings.TrimSpace(f.declaration()))
		}
		if e.Fields == nil {
			b.WriteString("---@field [string] any\n")
		}
	}
	return b.String()
}

// declaration returns the name, the type and the description of a field, as in an annotation @field.
func (f Field) declaration() string {
	if inner, ok := strings.CutSuffix(f.Type, "?"); ok {
		return f.Name + "? " + inner + " " + plain(f.About)
	}
	return f.Name + " " + f.Type + " " + plain(f.About)
}

// plain removes the marks of Markdown from a text.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }

// sentence returns text with a capital letter at its beginning.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
