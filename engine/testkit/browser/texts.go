package browser

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// CheckTexts fails the test unless each text of a page exists in each language, with the same values in braces, and is
// used. tables are the exported texts of the page, by language and name. source is the text of all its files.
// computed are the names of the texts that the page puts together from parts.
func CheckTexts(t *testing.T, tables map[string]map[string]json.RawMessage, source string, computed []string) {
	t.Helper()
	if len(tables) < 2 || len(tables["en"]) == 0 {
		t.Fatalf("there are %d languages, and %d English texts", len(tables), len(tables["en"]))
	}
	for name, english := range tables["en"] {
		if !strings.Contains(source, `"`+name+`"`) && !slices.Contains(computed, name) {
			t.Errorf("no file uses the text %s", name)
		}
		for language, texts := range tables {
			if texts[name] == nil {
				t.Errorf("%s is missing in %s", name, language)
			} else if got, want := valuesOf(texts[name]), valuesOf(english); got != want {
				t.Errorf("%s has the values %s in %s, and %s in English", name, got, language, want)
			}
		}
	}
	for language, texts := range tables {
		for name := range texts {
			if tables["en"][name] == nil {
				t.Errorf("%s has %s, which is not English too", language, name)
			}
		}
	}
	for _, call := range regexp.MustCompile(`\b(?:say|sayWith)\("(\w+)"[,)]`).FindAllStringSubmatch(source, -1) {
		if tables["en"][call[1]] == nil {
			t.Errorf("the page says %s, which is no text", call[1])
		}
	}
	for _, name := range computed {
		if tables["en"][name] == nil {
			t.Errorf("the page may say %s, which is no text", name)
		}
	}
}

// valuesOf returns the words in braces of a text, or of both forms of one that depends on a number.
func valuesOf(text json.RawMessage) string {
	names := regexp.MustCompile(`\{\w+\}`).FindAllString(string(text), -1)
	slices.Sort(names)
	return strings.Join(names, " ")
}

// CheckClasses fails the test unless each class for which a style sheet has a rule is a word in source, the text of
// all files of the page. least is the number of classes that the style sheet has at least. CheckClasses returns
// the style sheet without comments and strings.
func CheckClasses(t *testing.T, style, source string, least int) (rules string) {
	t.Helper()
	rules = regexp.MustCompile(`(?s)/\*.*?\*/|"[^"]*"`).ReplaceAllString(style, "")
	selectors := regexp.MustCompile(`\{[^{}]*\}`).ReplaceAllString(rules, "{}") // without the declarations
	words := map[string]bool{}
	for _, word := range regexp.MustCompile(`[A-Za-z][\w-]*`).FindAllString(source, -1) {
		words[word] = true
	}
	classes := regexp.MustCompile(`\.([A-Za-z][\w-]*)`).FindAllStringSubmatch(selectors, -1)
	if len(classes) < least {
		t.Fatalf("the style sheet has only %d classes", len(classes))
	}
	for _, class := range classes {
		if !words[class[1]] {
			t.Errorf("the style sheet has a rule for the class %s, which no element has", class[1])
		}
	}
	return rules
}
