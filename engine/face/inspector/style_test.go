package inspector

import (
	"regexp"
	"strings"
	"testing"

	"moonlark/engine/testkit/browser"
)

// Each class that a rule of the style sheet is for is a word in the program of the page.
func TestTheStyleSheetHasNoRuleForAClassThatDoesNotExist(t *testing.T) {
	style, err := page.ReadFile("page/inspect/inspect.css")
	if err != nil {
		t.Fatal(err)
	}
	rules := browser.CheckClasses(t, string(style), sources(t), 100)
	for _, property := range regexp.MustCompile(`(--[a-z]+):`).FindAllStringSubmatch(rules, -1) {
		if !strings.Contains(rules, "var("+property[1]+")") {
			t.Errorf("the style sheet sets %s, which it does not use", property[1])
		}
	}
}
