package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// changed are the languages whose rules have changed after CLDR 32, which package plural has. The
// value says for which numbers.
var changed = map[string]func(o operands) bool{
	"fr":    operands.million,
	"pt":    operands.million,
	"pt-PT": operands.million,
	"es":    operands.million,
	"it":    operands.million,
	"ca":    operands.million,
	"he":    func(o operands) bool { return o.v == 0 && o.n > 10 && o.i%10 == 0 || o.v > 0 }, // many; one for 0.5
	"is":    func(o operands) bool { return o.t != 0 },
	"mk":    func(o operands) bool { return o.i%100 == 11 || o.f%100 == 11 },
	"mr":    func(o operands) bool { return o.i == 0 },
}

// Package plural looks at two decimals, and at numbers below a million.
func TestPluralRulesAgreeWithCLDR32(t *testing.T) {
	names := map[plural.Form]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	var numbers []string
	for n := range 1300 {
		numbers = append(numbers, strconv.Itoa(n), fmt.Sprintf("%d.%d", n%130, n%10), fmt.Sprintf("%d.%02d", n%13, n%100))
	}
	numbers = append(numbers, "10000", "99999", "100000", "110011", "999999")
	for code := range ruleOf() {
		for _, number := range numbers {
			o, ok := operandsOf(number)
			if !ok {
				t.Fatalf("operandsOf(%q) returned false", number)
			}
			if skip := changed[code]; skip != nil && skip(o) {
				continue
			}
			whole, _, _ := strings.Cut(number, ".")
			digits := []byte(strings.Replace(number, ".", "", 1))
			for i := range digits {
				digits[i] -= '0'
			}
			want := names[plural.Cardinal.MatchDigits(language.Make(code), digits, len(whole), o.v)]
			if got := formOf(code, o); got != want {
				t.Errorf("%s %s: got %s, want %s", code, number, got, want)
			}
		}
	}
	if n := len(ruleOf()); n < 40 {
		t.Errorf("got rules for %d languages, want at least 40", n)
	}
}

func TestPluralRulesThatHaveChangedAfterCLDR32(t *testing.T) {
	for _, row := range []struct{ code, number, want string }{
		{"fr", "1000000", "many"}, {"fr", "2000000", "many"}, {"fr", "1000001", "other"}, {"fr", "1000000.0", "other"},
		{"es", "1000000", "many"}, {"it", "3000000", "many"}, {"pt", "1000000", "many"}, {"pt-PT", "1000000", "many"}, {"ca", "1000000", "many"},
		{"he", "20", "other"}, {"he", "100", "other"}, {"he", "0.5", "one"}, {"he", "1.5", "other"}, {"he", "2.0", "other"},
		{"is", "0.1", "one"}, {"is", "1.1", "one"}, {"is", "1.5", "other"}, {"is", "0.11", "other"},
		{"mk", "11", "other"}, {"mk", "21", "one"}, {"mk", "1.11", "other"}, {"mk", "11.1", "one"}, {"mr", "0", "other"}, {"mr", "0.5", "other"},
		// a code that has no rule of its own
		{"pt-BR", "0", "one"}, {"pt-PT", "0", "other"}, {"xx", "1", "one"}, {"xx", "2", "other"}, {"de-AT", "1", "one"},
	} {
		o, _ := operandsOf(row.number)
		if got := formOf(row.code, o); got != row.want {
			t.Errorf("%s %s: got %s, want %s", row.code, row.number, got, row.want)
		}
	}
}

func TestOperands(t *testing.T) {
	for number, want := range map[string]string{
		"0": "{0 0 0 0 0}", "-12": "{12 12 0 0 0}", "1.50": "{1.5 1 2 50 5}", "0.003": "{0.003 0 3 3 3}",
		"123456789012345678901": "{1.2345678901234568e+20 789012345678901 0 0 0}",
	} {
		if o, ok := operandsOf(number); !ok || fmt.Sprint(o) != want {
			t.Errorf("operandsOf(%q) returned %v, %v, want %s", number, o, ok, want)
		}
	}
	for _, number := range []string{"", "-", "1.", ".5", "1e5", "--1", "nan", "inf", "1_000", " 1", "0x10"} {
		if o, ok := operandsOf(number); ok {
			t.Errorf("operandsOf(%q) returned %v, want false", number, o)
		}
	}
}

// parse must keep all of the text, and find no variables with braces in their names.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "Hello {{name}}", "{{a}}{{ b }}", "{{", "}}", "{{{a}}}", "{{a b}}", "{{}}", "{ {a} }"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts, err := parse(s)
		if err != nil {
			if !strings.Contains(s, "{{") {
				t.Fatalf("parse(%q) returned %v", s, err)
			}
			return
		}
		rest := s
		for i, part := range parts {
			if i%2 == 0 {
				if !strings.HasPrefix(rest, part) || strings.Contains(part, "{{") {
					t.Fatalf("parse(%q) returned %q", s, parts)
				}
				rest = rest[len(part):]
				continue
			}
			name, after, _ := strings.Cut(strings.TrimPrefix(rest, "{{"), "}}")
			if strings.TrimSpace(name) != part || part == "" || strings.ContainsAny(part, "{}\n") {
				t.Fatalf("parse(%q) returned %q", s, parts)
			}
			rest = after
		}
		if rest != "" {
			t.Fatalf("parse(%q) returned %q, without %q", s, parts, rest)
		}
	})
}
