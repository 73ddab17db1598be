package spoken

import "strings"

var (
	germanSmall = strings.Fields(`null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf
		dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn`)
	germanTens   = strings.Fields("- zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
	germanScales = []scale{{1e12, "Billion"}, {1e9, "Milliarde"}, {1e6, "Million"}}

	// germanOrdinals has the ordinals below 20 that do not consist of the cardinal and "te".
	germanOrdinals = map[int64]string{1: "erste", 3: "dritte", 7: "siebte", 8: "achte"}
)

func germanCardinal(n int64, feminine bool) string {
	if n == 0 {
		return "null"
	}
	var words []string
	for _, s := range germanScales {
		switch q := n / s.value; {
		case q == 1:
			words = append(words, "eine", s.word)
		case q > 1:
			plural := strings.TrimSuffix(s.word, "e") + "en"
			words = append(words, germanBelowMillion(q, "eine"), plural)
		}
		n %= s.value
	}
	one := "eins"
	if feminine {
		one = "eine"
	}
	if n > 0 {
		words = append(words, germanBelowMillion(n, one))
	}
	return strings.Join(words, " ")
}

// germanBelowMillion returns the word for a number from 0 to 999,999; it is empty for 0. one is the
// word for 1 at the end.
func germanBelowMillion(n int64, one string) string {
	switch {
	case n >= 1000:
		return germanBelowMillion(n/1000, "ein") + "tausend" + germanBelowMillion(n%1000, one)
	case n >= 100:
		return germanBelowMillion(n/100, "ein") + "hundert" + germanBelowMillion(n%100, one)
	case n >= 20 && n%10 > 0:
		return germanBelowMillion(n%10, "ein") + "und" + germanTens[n/10]
	case n >= 20:
		return germanTens[n/10]
	case n == 1:
		return one
	case n > 0:
		return germanSmall[n]
	}
	return ""
}

func germanOrdinal(n int64, _ bool) string {
	last := n % 100
	if last == 0 || last >= 20 {
		return germanBelowMillion(n, "eins") + "ste"
	}
	prefix := germanBelowMillion(n-last, "")
	if word, ok := germanOrdinals[last]; ok {
		return prefix + word
	}
	return prefix + germanSmall[last] + "te"
}

func germanYear(n int64) string {
	if 1100 <= n && n < 2000 {
		return germanSmall[n/100] + "hundert" + germanBelowMillion(n%100, "eins")
	}
	return germanCardinal(n, false)
}

func germanTime12(t timeOfDay) (words string, noPart bool) {
	hour, next := germanCardinal(t.hour12(0), false), germanCardinal(t.hour12(1), false)
	switch t.minute {
	case 0:
		if t.hour == 0 {
			return "Mitternacht", true
		}
	case 5, 10, 20:
		return germanCardinal(int64(t.minute), false) + " nach " + hour, false
	case 15:
		return "Viertel nach " + hour, false
	case 25:
		return "fünf vor halb " + next, false
	case 30:
		return "halb " + next, false
	case 35:
		return "fünf nach halb " + next, false
	case 40, 50, 55:
		return germanCardinal(int64(60-t.minute), false) + " vor " + next, false
	case 45:
		return "Viertel vor " + next, false
	}
	return germanTime24(timeOfDay{int(t.hour12(0)), t.minute}), false
}

func germanTime24(t timeOfDay) string {
	hour := "null"
	if t.hour > 0 {
		hour = germanBelowMillion(int64(t.hour), "ein")
	}
	return strings.TrimSpace(hour + " Uhr " + germanBelowMillion(int64(t.minute), "eins"))
}

func germanPart(hour int) string {
	switch {
	case hour < 5:
		return "nachts"
	case hour < 10:
		return "morgens"
	case hour < 12:
		return "vormittags"
	case hour < 14:
		return "mittags"
	case hour < 18:
		return "nachmittags"
	case hour < 22:
		return "abends"
	}
	return "nachts"
}

func newGerman() *Language {
	l := &Language{
		Code: "de", Name: "German",
		minus: "minus", point: "Komma",
		cardinal: germanCardinal, ordinal: germanOrdinal, year: germanYear,
		time12: germanTime12, time24: germanTime24, part: germanPart,

		// people who have no keyboard with ü write fuenf
		replacer: strings.NewReplacer("fuenf", "funf", "zwoelf", "zwolf"),
		scales:   []float64{1e12, 1e9, 1e6, 1e3}, unitBeforeTen: true,
		group: ".", decimal: ",",
		readTime: readGermanTime,
	}
	b := newWords(l)
	b.ordinalEndings = []string{"", "n", "r", "s", "m"}
	for n := range int64(20) {
		b.addBoth(n)
	}
	for n := int64(20); n < 100; n += 10 {
		b.addBoth(n)
	}
	b.add(number, 1, "ein", "eine", "einen", "einem", "einer", "eines").add(number, 2, "zwo")
	b.addOrdinal(number, 7, "siebente").addOrdinal(number, 2, "zwote")
	b.add(multiplier, 100, "hundert").addOrdinal(multiplier, 100, "hundertste")
	b.add(scaleWord, 1e3, "tausend").addOrdinal(scaleWord, 1e3, "tausendste")
	for _, s := range germanScales {
		b.add(scaleWord, float64(s.value), s.word, strings.TrimSuffix(s.word, "e")+"en")
		b.addOrdinal(scaleWord, float64(s.value), strings.TrimSuffix(s.word, "e")+"ste")
	}
	b.add(and, 0, "und").add(minus, 0, "minus").add(point, 0, "Komma", "Punkt")
	b.add(half, 0.5, "halb", "halbe", "halber", "halbes", "halben").add(andHalf, 0.5, "einhalb").add(complete, 1.5, "anderthalb", "eineinhalb")

	b.add(filler, 0, "um", "am", "in", "der", "die", "das", "dem", "den", "gegen", "genau", "etwa", "punkt")
	b.add(minutesWord, 0, "Minute", "Minuten").add(quarter, 15, "Viertel").add(quarter, 45, "dreiviertel")
	b.add(after, 0, "nach").add(before, 0, "vor").add(hourWord, 0, "Uhr", "h").add(noon, 12, "Mittag").add(noon, 0, "Mitternacht")
	b.add(dayPart, 0, "morgens", "Morgen", "früh", "vormittags", "Vormittag").add(dayPart, 11, "mittags")
	b.add(dayPart, 12, "nachmittags", "Nachmittag").add(dayPart, 13, "abends", "Abend").add(dayPart, 18, "nachts", "Nacht")
	l.words = b.words
	return l
}

// readGermanTime reads "halb acht", "fünf vor halb acht", "Viertel nach sieben", "dreiviertel acht"
// or "neunzehn Uhr dreißig".
func readGermanTime(r *reader) (c clock, ok bool) {
	if r.readFully(func() bool {
		sign := 1
		n, ok := r.minutesOrQuarter()
		if ok {
			sign = r.beforeOrAfter()
		}
		if n == 45 && sign == 0 || n == 15 && sign == 0 { // "dreiviertel acht" is a quarter before eight
			n, sign = n-60, 1
		}
		if r.take(half) != nil {
			n -= sign * 30
		} else if !ok {
			return false
		}
		c, ok = r.hour()
		c.minutes += sign * n
		r.take(hourWord)
		return ok && sign != 0 && r.dayPart(&c)
	}) {
		return c, true
	}
	return c, r.readFully(func() bool {
		var ok bool
		if c, ok = r.hour(); !ok {
			return false
		}
		r.take(hourWord)
		c.minutes += r.optionalMinutes()
		return r.dayPart(&c)
	})
}
