package spoken

import "strings"

var (
	frenchSmall = strings.Fields(`zéro un deux trois quatre cinq six sept huit neuf dix onze douze
		treize quatorze quinze seize dix-sept dix-huit dix-neuf`)
	frenchTens   = strings.Fields("- dix vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt")
	frenchScales = []scale{{1e12, "billion"}, {1e9, "milliard"}, {1e6, "million"}}
)

func frenchCardinal(n int64, feminine bool) string {
	if n == 0 {
		return "zéro"
	}
	var words []string
	for _, s := range frenchScales {
		if q := n / s.value; q > 0 {
			word := s.word
			if q > 1 {
				word += "s"
			}
			words = append(words, frenchBelowMillion(q, false, true), word)
			n %= s.value
		}
	}
	if n > 0 {
		words = append(words, frenchBelowMillion(n, feminine, true))
	}
	return strings.Join(words, " ")
}

// frenchBelowMillion returns the words for a number from 1 to 999,999. plural says whether cents
// and quatre-vingts have an s, which they do not have before mille.
func frenchBelowMillion(n int64, feminine, plural bool) string {
	var words []string
	if n >= 2000 {
		words = append(words, frenchBelowMillion(n/1000, false, false))
	}
	if n >= 1000 {
		words = append(words, "mille")
		n %= 1000
	}
	if n >= 200 {
		words = append(words, frenchSmall[n/100])
	}
	switch {
	case n >= 200 && n%100 == 0 && plural:
		words = append(words, "cents")
	case n >= 100:
		words = append(words, "cent")
	}
	if n%100 > 0 {
		words = append(words, frenchBelow100(n%100, feminine, plural))
	}
	return strings.Join(words, " ")
}

func frenchBelow100(n int64, feminine, plural bool) string {
	rest := n % 10
	if t := n / 10; t == 7 || t == 9 { // "soixante-dix" and "quatre-vingt-dix"
		rest += 10
	}
	switch {
	case n == 1 && feminine:
		return "une"
	case n < 20:
		return frenchSmall[n]
	case n == 80 && plural:
		return "quatre-vingts"
	case rest == 0:
		return frenchTens[n/10]
	case rest == 1 && n < 80 || n == 71:
		return frenchTens[n/10] + " et " + frenchBelow100(rest, feminine, plural)
	}
	return frenchTens[n/10] + "-" + frenchBelow100(rest, feminine, plural)
}

func frenchOrdinal(n int64, feminine bool) string {
	switch {
	case n == 1 && feminine:
		return "première"
	case n == 1:
		return "premier"
	}
	words := frenchBelowMillion(n, false, false)
	switch {
	case strings.HasSuffix(words, "cinq"):
		words += "u"
	case strings.HasSuffix(words, "neuf"):
		words = strings.TrimSuffix(words, "f") + "v"
	}
	return strings.TrimSuffix(words, "e") + "ième"
}

func frenchYear(n int64) string { return frenchCardinal(n, false) }

// frenchHour returns the words for an hour. The result is "midi" or "minuit" if named is true.
func frenchHour(hour int, named bool) string {
	switch {
	case hour%24 == 0 && named:
		return "minuit"
	case hour == 12 && named:
		return "midi"
	case hour <= 1:
		return frenchCardinal(int64(hour), true) + " heure"
	}
	return frenchCardinal(int64(hour), true) + " heures"
}

// frenchHour12 returns the words for an hour from 0 to 24: for example, "sept heures" for 7 and 19.
func frenchHour12(hour int) string {
	if hour%12 > 0 {
		hour %= 12
	}
	return frenchHour(hour, true)
}

func frenchTime12(t timeOfDay) (words string, noPart bool) {
	hour, minute := t.hour, ""
	switch {
	case t.minute == 15:
		minute = " et quart"
	case t.minute == 30 && hour%12 == 0:
		minute = " et demi"
	case t.minute == 30:
		minute = " et demie"
	case t.minute == 45:
		hour, minute = hour+1, " moins le quart"
	case t.minute > 30 && t.minute%5 == 0:
		hour, minute = hour+1, " moins "+frenchCardinal(int64(60-t.minute), true)
	case t.minute > 0:
		minute = " " + frenchCardinal(int64(t.minute), true)
	}
	return frenchHour12(hour) + minute, hour%12 == 0
}

func frenchTime24(t timeOfDay) string {
	if t.minute == 0 {
		return frenchHour(t.hour, false)
	}
	return frenchHour(t.hour, false) + " " + frenchCardinal(int64(t.minute), true)
}

func frenchPart(hour int) string {
	switch {
	case hour < 12:
		return "du matin"
	case hour < 18:
		return "de l'après-midi"
	}
	return "du soir"
}

func newFrench() *Language {
	l := &Language{
		Code: "fr", Name: "French",
		minus: "moins", point: "virgule", pairs: true,
		cardinal: frenchCardinal, ordinal: frenchOrdinal, year: frenchYear,
		time12: frenchTime12, time24: frenchTime24, part: frenchPart,

		replacer: strings.NewReplacer("quatre-vingt", "quatrevingt", "quatre vingt", "quatrevingt",
			"dix-sept", "dixsept", "dix-huit", "dixhuit", "dix-neuv", "dixneuv", "dix-neuf", "dixneuf",
			"dix sept", "dixsept", "dix huit", "dixhuit", "dix neuv", "dixneuv", "dix neuf", "dixneuf",
			"apres-midi", "apresmidi", "apres midi", "apresmidi"),
		scales: []float64{1e12, 1e9, 1e6, 1e3}, unitAfterTen: true, andAfterTen: 20,
		group: " ", decimal: ",",
		readTime: readFrenchTime,
	}
	b := newWords(l)
	b.ordinalEndings = []string{"", "s"}
	for n := range int64(20) {
		b.addBoth(n)
	}
	for n := int64(20); n <= 60; n += 10 {
		b.addBoth(n)
	}
	b.addOrdinal(number, 80, "quatre-vingtième").addOrdinal(number, 1, "première", "unième").addOrdinal(number, 2, "second", "seconde")
	b.add(number, 1, "une").add(number, 80, "quatre-vingt", "quatre-vingts", "huitante", "octante").add(number, 70, "septante").add(number, 90, "nonante")
	b.addOrdinal(number, 70, "septantième").addOrdinal(number, 80, "huitantième").addOrdinal(number, 90, "nonantième")
	b.add(multiplier, 100, "cent", "cents").addOrdinal(multiplier, 100, "centième")
	b.add(scaleWord, 1e3, "mille", "mil").addOrdinal(scaleWord, 1e3, "millième")
	for _, s := range frenchScales {
		b.add(scaleWord, float64(s.value), s.word, s.word+"s").addOrdinal(scaleWord, float64(s.value), s.word+"ième")
	}
	b.add(and, 0, "et").add(minus, 0, "moins").add(point, 0, "virgule", "point").add(half, 0.5, "demi", "demie").add(article, 1, "de", "d")

	b.add(suffix, 0, "e", "er", "re", "ere", "eme", "nd", "nde")
	b.add(filler, 0, "a", "vers", "du", "de", "la", "le", "l", "dans", "environ", "pile")
	b.add(minutesWord, 0, "minute", "minutes").add(quarter, 15, "quart").add(hourWord, 0, "heure", "heures", "h")
	b.add(noon, 12, "midi").add(noon, 0, "minuit").add(dayPart, 0, "matin").add(dayPart, 12, "apresmidi").add(dayPart, 13, "soir").add(dayPart, 18, "nuit")
	l.words = b.words
	return l
}

// readFrenchTime reads "sept heures et demie", "huit heures moins le quart" or "dix-neuf heures
// trente".
func readFrenchTime(r *reader) (c clock, ok bool) {
	return r.hourThenMinutes(false)
}
