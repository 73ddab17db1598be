package spoken

import "strings"

var (
	englishSmall = strings.Fields(`zero one two three four five six seven eight nine ten eleven twelve
		thirteen fourteen fifteen sixteen seventeen eighteen nineteen`)
	englishTens   = strings.Fields("- ten twenty thirty forty fifty sixty seventy eighty ninety")
	englishScales = []scale{{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}, {1e3, "thousand"}}

	// englishOrdinals has the ordinals that do not consist of the cardinal and "th".
	englishOrdinals = map[string]string{
		"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
	}
)

// A scale is a word such as million, with its value.
type scale struct {
	value int64
	word  string
}

func englishCardinal(n int64, _ bool) string {
	if n == 0 {
		return "zero"
	}
	var words []string
	for _, s := range englishScales {
		if n >= s.value {
			words = append(words, englishCardinal(n/s.value, false), s.word)
			n %= s.value
		}
	}
	if n >= 100 {
		words = append(words, englishSmall[n/100], "hundred")
		n %= 100
	}
	switch {
	case n >= 20 && n%10 > 0:
		words = append(words, englishTens[n/10]+"-"+englishSmall[n%10])
	case n >= 20:
		words = append(words, englishTens[n/10])
	case n > 0:
		words = append(words, englishSmall[n])
	}
	return strings.Join(words, " ")
}

func englishOrdinal(n int64, _ bool) string {
	words := englishCardinal(n, false)
	last := strings.LastIndexAny(words, " -") + 1
	word := words[last:]
	if irregular, ok := englishOrdinals[word]; ok {
		return words[:last] + irregular
	}
	if stem, ok := strings.CutSuffix(word, "y"); ok {
		return words[:last] + stem + "ieth"
	}
	return words + "th"
}

func englishYear(n int64) string {
	century, rest := englishCardinal(n/100, false), englishCardinal(n%100, false)
	switch {
	case n < 1000 || n%1000 < 10:
		return englishCardinal(n, false)
	case n%100 == 0:
		return century + " hundred"
	case n%100 < 10:
		return century + " oh " + rest
	}
	return century + " " + rest
}

func englishTime12(t timeOfDay) (words string, noPart bool) {
	hour, next := englishCardinal(t.hour12(0), false), englishCardinal(t.hour12(1), false)
	minute := englishCardinal(int64(t.minute), false)
	switch {
	case t.minute == 0 && t.hour == 0:
		return "midnight", true
	case t.minute == 0 && t.hour == 12:
		return "noon", true
	case t.minute == 0:
		return hour + " o'clock", false
	case t.minute == 15:
		return "quarter past " + hour, false
	case t.minute == 30:
		return "half past " + hour, false
	case t.minute == 45:
		return "quarter to " + next, false
	case t.minute%5 == 0 && t.minute < 30:
		return minute + " past " + hour, false
	case t.minute%5 == 0:
		return englishCardinal(int64(60-t.minute), false) + " to " + next, false
	case t.minute < 10:
		return hour + " oh " + minute, false
	}
	return hour + " " + minute, false
}

func englishTime24(t timeOfDay) string {
	hour, minute := englishCardinal(int64(t.hour), false), englishCardinal(int64(t.minute), false)
	switch {
	case t.minute == 0 && t.hour == 0:
		return "midnight"
	case t.minute == 0 && t.hour <= 12:
		return hour + " o'clock"
	case t.minute == 0:
		return hour + " hundred"
	case t.minute < 10:
		return hour + " oh " + minute
	}
	return hour + " " + minute
}

func englishPart(hour int) string {
	switch {
	case hour < 12:
		return "in the morning"
	case hour < 18:
		return "in the afternoon"
	case hour < 21:
		return "in the evening"
	}
	return "at night"
}

func newEnglish() *Language {
	l := &Language{
		Code: "en", Name: "English",
		minus: "minus", point: "point",
		cardinal: englishCardinal, ordinal: englishOrdinal, year: englishYear,
		time12: englishTime12, time24: englishTime24, part: englishPart,

		replacer: strings.NewReplacer("o'clock", "oclock", "o clock", "oclock", "a.m", "am", "p.m", "pm", "a. m", "am", "p. m", "pm"),
		scales:   []float64{1e12, 1e9, 1e6, 1e3}, unitAfterTen: true, pairsOfTens: true,
		group: ",", decimal: ".",
		readTime: readEnglishTime,
	}
	b := newWords(l)
	for n := range int64(20) {
		b.addBoth(n)
	}
	for n := int64(20); n < 100; n += 10 {
		b.addBoth(n)
	}
	b.add(multiplier, 100, "hundred", "hundreds").addOrdinal(multiplier, 100, "hundredth")
	for _, s := range englishScales {
		b.add(scaleWord, float64(s.value), s.word, s.word+"s").addOrdinal(scaleWord, float64(s.value), s.word+"th")
	}
	b.add(zero, 0, "nought").add(oh, 0, "oh", "o")
	b.add(and, 0, "and").add(article, 1, "a", "an")
	b.add(minus, 0, "minus", "negative").add(point, 0, "point", "dot").add(half, 0.5, "half")
	b.add(number, 40, "fourty").add(suffix, 0, "st", "nd", "rd", "th")

	b.add(filler, 0, "at", "in", "on", "the", "about", "exactly").add(minutesWord, 0, "minute", "minutes")
	b.add(quarter, 15, "quarter").add(after, 0, "past", "after").add(before, 0, "to", "before", "till", "til", "of")
	b.add(hourWord, 0, "oclock", "hours").add(noon, 12, "noon", "midday").add(noon, 0, "midnight")
	b.add(dayPart, 0, "morning", "am").add(dayPart, 12, "afternoon", "pm").add(dayPart, 13, "evening", "tonight").add(dayPart, 18, "night")
	l.words = b.words
	return l
}

// readEnglishTime reads "half past seven", "quarter to eight", "seven thirty" or "nineteen
// hundred".
func readEnglishTime(r *reader) (c clock, ok bool) {
	if r.readFully(func() bool {
		n, ok := r.shortTime()
		sign := r.beforeOrAfter()
		if !ok || sign == 0 {
			return false
		}
		c, ok = r.hour()
		c.minutes += sign * n
		return ok && r.dayPart(&c)
	}) {
		return c, true
	}
	if r.readFully(func() bool { // "half seven"
		ok := r.take(half) != nil
		if ok {
			c, ok = r.hour()
			c.minutes += 30
		}
		return ok && r.dayPart(&c)
	}) {
		return c, true
	}
	return c, r.readFully(func() bool {
		var ok bool
		if c, ok = r.hour(); !ok {
			return false
		}
		if r.take(multiplier) == nil && r.take(hourWord) == nil {
			r.take(oh)
			c.minutes += r.optionalMinutes()
		}
		return r.dayPart(&c)
	})
}
