package inspector

import (
	"regexp"
	"strings"
	"testing"
)

// Each class that a rule of the style sheet is for is a word in the program of the page.
func TestTheStyleSheetHasNoRuleForAClassThatDoesNotExist(t *testing.T) {
	style, err := page.ReadFile("page/inspect/inspect.css")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?s)/\*.*?\*/|"[^"]*"`).ReplaceAllString(string(style), "")
	selectors := regexp.MustCompile(`\{[^{}]*\}`).ReplaceAllString(rules, "{}") // without the declarations
	words := map[string]bool{}
	for _, word := range regexp.MustCompile(`[A-Za-z][\w-]*`).FindAllString(sources(t), -1) {
		words[word] = true
	}
	classes := regexp.MustCompile(`\.([A-Za-z][\w-]*)`).FindAllStringSubmatch(selectors, -1)
	if len(classes) < 100 {
		t.Fatalf("the style sheet has only %d classes", len(classes))
	}
	for _, class := range classes {
		if !words[class[1]] {
			t.Errorf("the style sheet has a rule for the class %s, which no element has", class[1])
		}
	}
	for _, property := range regexp.MustCompile(`(--[a-z]+):`).FindAllStringSubmatch(rules, -1) {
		if !strings.Contains(rules, "var("+property[1]+")") {
			t.Errorf("the style sheet sets %s, which it does not use", property[1])
		}
	}
}
