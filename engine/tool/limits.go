package tool

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Describe describes in a few words which values are allowed, such as "one of kitchen, hall",
// "boolean" or "number, from 5 to 30: degrees". It returns "any value" if s is nil.
func (s *Schema) Describe() string {
	if s == nil {
		return "any value"
	}
	text := s.Type
	if len(s.Enum) > 0 {
		text = "one of " + strings.Join(s.Enum, ", ")
	}
	for _, limit := range s.Limits() {
		text += ", " + limit
	}
	if s.Description != "" {
		text += ": " + s.Description
	}
	return text
}

// Limits describes in words which values are allowed, beyond the type, the description and the enum
// of a string: for example "from 1 to 10", "at most 20 characters" and "default 5". It is for agents
// and models that do not read these fields of the schema.
func (s *Schema) Limits() []string {
	var all []string
	for _, limit := range []string{
		s.numberList(), s.interval(), have(s.MinLength, s.MaxLength, "character"), formatWords(s.Format), s.patternWords(), have(s.MinItems, s.MaxItems, "item"),
	} {
		if limit != "" {
			all = append(all, limit)
		}
	}
	if s.Default != nil {
		all = append(all, "default "+string(s.Default))
	}
	return all
}

// DescribeLimits returns the description, followed by the limits in words: for example "how many (from
// 1 to 8; default 2)".
func (s *Schema) DescribeLimits() string {
	limits := strings.Join(s.Limits(), "; ")
	switch {
	case limits == "":
		return s.Description
	case s.Description == "":
		return limits
	}
	return s.Description + " (" + limits + ")"
}

// numberList lists the numbers of the enum, such as "one of 1, 2, 3". It returns "" if there are
// none.
func (s *Schema) numberList() string {
	if len(s.Numbers) == 0 {
		return ""
	}
	words := make([]string, len(s.Numbers))
	for i, x := range s.Numbers {
		words[i] = formatNumber(x)
	}
	return "one of " + strings.Join(words, ", ")
}

// interval describes the smallest and the largest number, such as "from 1 to 10". It returns "" if
// there is no limit.
func (s *Schema) interval() string {
	min, max := "", ""
	if s.Minimum != nil {
		min = formatNumber(*s.Minimum)
	}
	if s.Maximum != nil {
		max = formatNumber(*s.Maximum)
	}
	return span(min, max)
}

func (s *Schema) patternWords() string {
	if s.Pattern == nil {
		return ""
	}
	return "text that matches " + s.Pattern.String()
}

// have describes how many characters or items there may be, such as "from 2 to 5 characters". It
// returns "" if there is no limit.
func have(min, max *int, what string) string {
	number := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	words := span(number(min), number(max))
	switch last := max; {
	case words == "":
		return ""
	case last == nil && *min == 1 || last != nil && *last == 1:
		return words + " " + what
	}
	return words + " " + what + "s"
}

// span describes the values from min to max in words. An empty limit means none.
func span(min, max string) string {
	switch {
	case min == max && min != "":
		return "exactly " + min
	case max == "" && min != "":
		return "at least " + min
	case min == "" && max != "":
		return "at most " + max
	case min != "":
		return "from " + min + " to " + max
	}
	return ""
}

// formatNumber returns x as text. Whole numbers below 1e15 are written without an exponent.
func formatNumber(x float64) string {
	if math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// unfitText returns what is wanted instead of the text, such as "be a date such as 2026-11-29". It
// returns "" if the text is within the limits of s.
func (s *Schema) unfitText(text string) string {
	if s.MinLength != nil || s.MaxLength != nil {
		if n := utf8.RuneCountInString(text); outside(n, s.MinLength, s.MaxLength) {
			return "have " + have(s.MinLength, s.MaxLength, "character")
		}
	}
	switch {
	case s.Format != "" && !fitsFormat(text, s.Format):
		return "be " + formatWords(s.Format)
	case s.Pattern != nil && !s.Pattern.MatchString(text):
		return "be " + s.patternWords()
	}
	return ""
}

// unfitNumber returns what is wanted instead of x, such as "be from 1 to 10". It returns "" if x is
// within the limits of s.
func (s *Schema) unfitNumber(x float64) string {
	switch {
	case len(s.Numbers) > 0 && !slices.Contains(s.Numbers, x):
		return "be " + s.numberList()
	case s.Minimum != nil && x < *s.Minimum, s.Maximum != nil && x > *s.Maximum:
		return "be " + s.interval()
	}
	return ""
}

// outside reports whether n is less than min or more than max, where nil means no limit.
func outside(n int, min, max *int) bool { return min != nil && n < *min || max != nil && n > *max }

// CheckLimits returns an error if the limits of s contradict each other, or if the enum or the
// default is not within them. It does not look at the schemas of items and properties.
func (s *Schema) CheckLimits() error {
	if s.Minimum != nil && s.Maximum != nil && *s.Minimum > *s.Maximum {
		return fmt.Errorf("minimum is %s, which is more than maximum, %s", formatNumber(*s.Minimum), formatNumber(*s.Maximum))
	}
	if s.MinLength != nil && s.MaxLength != nil && *s.MinLength > *s.MaxLength {
		return fmt.Errorf("minLength is %d, which is more than maxLength, %d", *s.MinLength, *s.MaxLength)
	}
	if s.MinItems != nil && s.MaxItems != nil && *s.MinItems > *s.MaxItems {
		return fmt.Errorf("minItems is %d, which is more than maxItems, %d", *s.MinItems, *s.MaxItems)
	}
	for _, text := range s.Enum {
		if want := s.unfitText(text); want != "" {
			return fmt.Errorf("enum: %q must %s", text, want)
		}
	}
	for _, x := range s.Numbers {
		if s.Type == "integer" && x != math.Trunc(x) {
			return fmt.Errorf("enum: %s must be a whole number", formatNumber(x))
		}
		if want := s.unfitNumber(x); want != "" {
			return fmt.Errorf("enum: %s must %s", formatNumber(x), want)
		}
	}
	if s.Default == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(s.Default, &v); err != nil {
		return fmt.Errorf("default is not JSON: %w", err)
	}
	f := fitter[any]{Values: jsonValues{}, strict: true}
	return f.value("default", v, s, nil)
}
