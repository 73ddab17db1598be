package spoken

import "strings"

var (
	spanishSmall = strings.Fields(`cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce
		trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés
		veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve`)
	spanishTens     = strings.Fields("- diez veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa")
	spanishHundreds = strings.Fields(`- ciento doscientos trescientos cuatrocientos quinientos seiscientos
		setecientos ochocientos novecientos`)

	spanishOrdinalUnits = strings.Fields(`- primero segundo tercero cuarto quinto sexto séptimo octavo noveno
		décimo undécimo duodécimo decimotercero decimocuarto decimoquinto decimosexto decimoséptimo
		decimoctavo decimonoveno`)
	spanishOrdinalTens = strings.Fields(`- décimo vigésimo trigésimo cuadragésimo quincuagésimo sexagésimo
		septuagésimo octogésimo nonagésimo`)
	spanishOrdinalHundreds = strings.Fields(`- centésimo ducentésimo tricentésimo cuadringentésimo
		quingentésimo sexcentésimo septingentésimo octingentésimo noningentésimo`)
)

func spanishCardinal(n int64, feminine bool) string {
	if n == 0 {
		return "cero"
	}
	var words []string
	for _, s := range []struct {
		value    int64
		one, few string
	}{{1e12, "billón", "billones"}, {1e6, "millón", "millones"}} {
		switch q := n / s.value; {
		case q == 1:
			words = append(words, "un", s.one)
		case q > 1:
			words = append(words, spanishBelowMillion(q, "un", false), s.few)
		}
		n %= s.value
	}
	one := "uno"
	if feminine {
		one = "una"
	}
	if n > 0 {
		words = append(words, spanishBelowMillion(n, one, feminine))
	}
	return strings.Join(words, " ")
}

// spanishBelowMillion returns the words for a number from 1 to 999,999. one is the form of 1 at the
// end: uno, un or una.
func spanishBelowMillion(n int64, one string, feminine bool) string {
	var words []string
	if n >= 2000 {
		words = append(words, spanishBelowMillion(n/1000, "un", feminine))
	}
	if n >= 1000 {
		words = append(words, "mil")
		n %= 1000
	}
	switch {
	case n == 100:
		return strings.Join(append(words, "cien"), " ")
	case n > 100 && feminine && n >= 200:
		words = append(words, strings.TrimSuffix(spanishHundreds[n/100], "os")+"as")
	case n > 100:
		words = append(words, spanishHundreds[n/100])
	}
	if n %= 100; n > 0 {
		words = append(words, spanishBelow100(n, one))
	}
	return strings.Join(words, " ")
}

func spanishBelow100(n int64, one string) string {
	switch {
	case n == 1:
		return one
	case n == 21 && one == "un":
		return "veintiún"
	case n == 21:
		return "veinti" + one
	case n < 30:
		return spanishSmall[n]
	case n%10 == 0:
		return spanishTens[n/10]
	}
	return spanishTens[n/10] + " y " + spanishBelow100(n%10, one)
}

func spanishOrdinal(n int64, feminine bool) string {
	var words []string
	if n >= 1000 {
		prefix := ""
		if n >= 2000 { // "dosmilésimo"
			prefix = strings.NewReplacer(" y ", "i", " ", "", "é", "e", "ó", "o", "ú", "u").Replace(spanishBelowMillion(n/1000, "un", false))
		}
		words = append(words, prefix+"milésimo")
		n %= 1000
	}
	if n >= 100 {
		words = append(words, spanishOrdinalHundreds[n/100])
		n %= 100
	}
	if n >= 20 {
		words = append(words, spanishOrdinalTens[n/10])
		n %= 10
	}
	if n > 0 {
		words = append(words, spanishOrdinalUnits[n])
	}
	if feminine {
		for i, word := range words {
			words[i] = strings.TrimSuffix(word, "o") + "a"
		}
	}
	return strings.Join(words, " ")
}

func spanishYear(n int64) string { return spanishCardinal(n, false) }

// spanishHour returns the words for an hour, with the article.
func spanishHour(hour int64) string {
	if hour == 1 {
		return "la una"
	}
	return "las " + spanishCardinal(hour, true)
}

func spanishTime12(t timeOfDay) (words string, noPart bool) {
	hour, next := spanishHour(t.hour12(0)), spanishHour(t.hour12(1))
	switch {
	case t.minute == 0:
		return hour, false
	case t.minute == 15:
		return hour + " y cuarto", false
	case t.minute == 30:
		return hour + " y media", false
	case t.minute == 45:
		return next + " menos cuarto", false
	case t.minute > 30 && t.minute%5 == 0:
		return next + " menos " + spanishCardinal(int64(60-t.minute), false), false
	}
	return hour + " y " + spanishCardinal(int64(t.minute), false), false
}

func spanishTime24(t timeOfDay) string {
	hour, minute := spanishHour(int64(t.hour)), spanishCardinal(int64(t.minute), false)
	switch {
	case t.minute == 0 && t.hour == 1:
		return hour
	case t.minute == 0:
		return hour + " horas"
	case t.minute < 10:
		return hour + " cero " + minute
	}
	return hour + " " + minute
}

func spanishPart(hour int) string {
	switch {
	case hour == 0:
		return "de la noche"
	case hour < 6:
		return "de la madrugada"
	case hour < 12:
		return "de la mañana"
	case hour == 12:
		return "del mediodía"
	case hour < 20:
		return "de la tarde"
	}
	return "de la noche"
}

func newSpanish() *Language {
	l := &Language{
		Code: "es", Name: "Spanish",
		minus: "menos", point: "coma", pairs: true,
		cardinal: spanishCardinal, ordinal: spanishOrdinal, year: spanishYear,
		time12: spanishTime12, time24: spanishTime24, part: spanishPart,

		replacer: strings.NewReplacer("a. m", "am", "p. m", "pm", "a.m", "am", "p.m", "pm"),
		scales:   []float64{1e12, 1e6, 1e3}, andAfterTen: 30,
		group: ".", decimal: ",",
		readTime: readSpanishTime,
	}
	b := newWords(l)
	b.ordinalEndings = []string{"", "s"}
	for n := int64(0); n < 30; n++ {
		b.add(number, float64(n), spanishSmall[n])
	}
	for n := int64(1); n < 20; n++ {
		b.addOrdinal(number, float64(n), spanishOrdinal(n, false), spanishOrdinal(n, true))
	}
	for n := int64(1); n < 10; n++ {
		if n > 2 {
			b.add(number, float64(10*n), spanishTens[n])
		}
		b.addOrdinal(number, float64(10*n), spanishOrdinal(10*n, false), spanishOrdinal(10*n, true))
		b.add(hundreds, float64(100*n), spanishHundreds[n], strings.TrimSuffix(spanishHundreds[n], "os")+"as")
		b.addOrdinal(hundreds, float64(100*n), spanishOrdinal(100*n, false), spanishOrdinal(100*n, true))
	}
	b.add(number, 1, "un", "una").add(number, 21, "veintiún", "veintiuna").add(hundreds, 100, "cien")
	b.addOrdinal(number, 1, "primer").addOrdinal(number, 3, "tercer").addOrdinal(number, 13, "decimotercer")
	b.addOrdinal(number, 11, "decimoprimero", "decimoprimera").addOrdinal(number, 12, "decimosegundo", "decimosegunda")
	b.addOrdinal(number, 9, "nono", "nona").addOrdinal(number, 7, "sétimo", "sétima")
	b.add(scaleWord, 1e3, "mil", "miles").add(scaleWord, 1e6, "millón", "millones").add(scaleWord, 1e12, "billón", "billones")
	b.addOrdinal(scaleWord, 1e3, "milésimo", "milésima").addOrdinal(scaleWord, 1e6, "millonésimo", "millonésima")
	b.add(and, 0, "y", "i").add(minus, 0, "menos").add(point, 0, "coma", "punto").add(half, 0.5, "medio", "media").add(article, 1, "de")

	b.add(suffix, 0, "o", "a", "º", "ª", "er", "ro", "ra", "do", "da", "to", "ta", "mo", "ma", "vo", "va", "no", "na")
	b.add(filler, 0, "a", "al", "de", "las", "la", "los", "el", "del", "por", "en")
	b.add(minutesWord, 0, "minuto", "minutos").add(quarter, 15, "cuarto").add(hourWord, 0, "hora", "horas", "h").add(before, 0, "para")
	b.add(noon, 12, "mediodía").add(noon, 0, "medianoche")
	b.add(dayPart, 11, "mediodía").add(dayPart, 0, "mañana", "madrugada", "am").add(dayPart, 12, "tarde", "pm").add(dayPart, 18, "noche")
	l.words = b.words
	return l
}

// readSpanishTime reads "las siete y media", "las ocho menos cuarto", "cuarto para las ocho" or
// "las diecinueve treinta".
func readSpanishTime(r *reader) (c clock, ok bool) {
	if r.readFully(func() bool {
		n, ok := r.minutesOrQuarter()
		if !ok || r.take(before) == nil {
			return false
		}
		c, ok = r.hour()
		c.minutes -= n
		return ok && r.dayPart(&c)
	}) {
		return c, true
	}
	return r.hourThenMinutes(true) // "las siete cero cinco"
}
