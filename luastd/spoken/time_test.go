package spoken_test

import (
	"fmt"
	"regexp"
	"testing"

	"moonlark/luastd/spoken"
)

func TestTimes(t *testing.T) {
	for _, row := range []struct{ code, time, simple, withPart, hours24 string }{
		{"en", "07:30", "half past seven", "half past seven in the morning", "seven thirty"},
		{"en", "19:00", "seven o'clock", "seven o'clock in the evening", "nineteen hundred"},
		{"en", "19:45", "quarter to eight", "quarter to eight in the evening", "nineteen forty-five"},
		{"en", "00:00", "midnight", "midnight", "midnight"},
		{"en", "12:00", "noon", "noon", "twelve o'clock"},
		{"en", "12:05", "five past twelve", "five past twelve in the afternoon", "twelve oh five"},
		{"en", "07:03", "seven oh three", "seven oh three in the morning", "seven oh three"},
		{"en", "23:35", "twenty-five to twelve", "twenty-five to twelve at night", "twenty-three thirty-five"},
		{"de", "07:30", "halb acht", "halb acht morgens", "sieben Uhr dreißig"},
		{"de", "19:25", "fünf vor halb acht", "fünf vor halb acht abends", "neunzehn Uhr fünfundzwanzig"},
		{"de", "19:35", "fünf nach halb acht", "fünf nach halb acht abends", "neunzehn Uhr fünfunddreißig"},
		{"de", "12:15", "Viertel nach zwölf", "Viertel nach zwölf mittags", "zwölf Uhr fünfzehn"},
		{"de", "00:45", "Viertel vor eins", "Viertel vor eins nachts", "null Uhr fünfundvierzig"},
		{"de", "01:00", "ein Uhr", "ein Uhr nachts", "ein Uhr"},
		{"de", "13:03", "ein Uhr drei", "ein Uhr drei mittags", "dreizehn Uhr drei"},
		{"de", "00:00", "Mitternacht", "Mitternacht", "null Uhr"},
		{"fr", "07:30", "sept heures et demie", "sept heures et demie du matin", "sept heures trente"},
		{"fr", "12:30", "midi et demi", "midi et demi", "douze heures trente"},
		{"fr", "23:45", "minuit moins le quart", "minuit moins le quart", "vingt-trois heures quarante-cinq"},
		{"fr", "13:15", "une heure et quart", "une heure et quart de l'après-midi", "treize heures quinze"},
		{"fr", "21:00", "neuf heures", "neuf heures du soir", "vingt et une heures"},
		{"fr", "00:00", "minuit", "minuit", "zéro heure"},
		{"es", "07:30", "las siete y media", "las siete y media de la mañana", "las siete treinta"},
		{"es", "13:00", "la una", "la una de la tarde", "las trece horas"},
		{"es", "19:45", "las ocho menos cuarto", "las ocho menos cuarto de la tarde", "las diecinueve cuarenta y cinco"},
		{"es", "20:05", "las ocho y cinco", "las ocho y cinco de la noche", "las veinte cero cinco"},
		{"es", "12:00", "las doce", "las doce del mediodía", "las doce horas"},
		{"es", "00:30", "las doce y media", "las doce y media de la noche", "las cero treinta"},
	} {
		hour, minute, ok := spoken.ParseTime(row.time)
		if !ok {
			t.Fatalf("ParseTime(%q) returned false", row.time)
		}
		l := spoken.Find(row.code)
		if got := l.Time(hour, minute, false, false); got != row.simple {
			t.Errorf("%s %s: got %q, want %q", row.code, row.time, got, row.simple)
		}
		if got := l.Time(hour, minute, false, true); got != row.withPart {
			t.Errorf("%s %s with the part of the day: got %q, want %q", row.code, row.time, got, row.withPart)
		}
		if got := l.Time(hour, minute, true, false); got != row.hours24 {
			t.Errorf("%s %s with 24 hours: got %q, want %q", row.code, row.time, got, row.hours24)
		}
	}
}

// All times of a day come back. Without the part of the day, a time can come back as the same time
// in the other half of the day.
func TestTimesComeBack(t *testing.T) {
	for _, code := range codes {
		l := spoken.Find(code)
		for m := range 24 * 60 {
			want := fmt.Sprintf("%02d:%02d", m/60, m%60)
			for _, hours24 := range []bool{true, false} {
				words := l.Time(m/60, m%60, hours24, true)
				if got, err := l.ReadTime(words); err != nil || got != want {
					t.Errorf("%s %s is %q, which means %s, %v", code, want, words, got, err)
				}
			}
			other := fmt.Sprintf("%02d:%02d", (m/60+12)%24, m%60)
			words := l.Time(m/60, m%60, false, false)
			if got, err := l.ReadTime(words); err != nil || got != want && got != other {
				t.Errorf("%s %s is %q, which means %s, %v", code, want, words, got, err)
			}
		}
	}
}

func TestOtherWordsForTimes(t *testing.T) {
	for _, row := range []struct{ code, words, want string }{
		{"en", "7:30", "07:30"},
		{"en", "7:30 pm", "19:30"},
		{"en", "7:30pm", "19:30"},
		{"en", "7 p.m.", "19:00"},
		{"en", "12 a.m.", "00:00"},
		{"en", "12:15 am", "00:15"},
		{"en", "12 pm", "12:00"},
		{"en", "19:30", "19:30"},
		{"en", "at seven", "07:00"},
		{"en", "At seven o’clock in the evening.", "19:00"},
		{"en", "a quarter to eight", "07:45"},
		{"en", "quarter to noon", "11:45"},
		{"en", "ten past midnight", "00:10"},
		{"en", "half seven", "07:30"},
		{"en", "half past twelve at night", "00:30"},
		{"en", "ten minutes to eight", "07:50"},
		{"en", "two in the morning", "02:00"},
		{"en", "two at night", "02:00"},
		{"en", "eleven at night", "23:00"},
		{"en", "19:30 in the morning", ""},
		{"en", "25:00", ""},
		{"en", "seven seventy", ""},
		{"en", "twenty-five", ""},
		{"en", "half past", ""},
		{"en", "seventh", ""},
		{"en", "banana", ""},
		{"en", "", ""},
		{"de", "um halb acht", "07:30"},
		{"de", "um halb acht Uhr abends", "19:30"},
		{"de", "viertel acht", "07:15"},
		{"de", "dreiviertel acht", "07:45"},
		{"de", "Viertel vor zwölf nachts", "23:45"},
		{"de", "19 Uhr 30", "19:30"},
		{"de", "19.30 Uhr", "19:30"},
		{"de", "acht Uhr abends", "20:00"},
		{"de", "acht Uhr früh", "08:00"},
		{"de", "24 Uhr", "00:00"},
		{"de", "zehn vor halb eins mittags", "12:20"},
		{"de", "am Mittag", "12:00"},
		{"fr", "19h30", "19:30"},
		{"fr", "19 h", "19:00"},
		{"fr", "à sept heures du soir", "19:00"},
		{"fr", "huit heures moins quart", "07:45"},
		{"fr", "midi moins dix", "11:50"},
		{"fr", "trois heures de l’après-midi", "15:00"},
		{"es", "a las siete y media", "07:30"},
		{"es", "cuarto para las ocho", "07:45"},
		{"es", "diez para la una", "12:50"},
		{"es", "las veinte y cinco", "20:05"},
		{"es", "a la una de la madrugada", "01:00"},
		{"es", "las 7 p. m.", "19:00"},
		{"es", "mediodía", "12:00"},
		{"es", "medianoche", "00:00"},
	} {
		got, err := spoken.Find(row.code).ReadTime(row.words)
		if got != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%s: %q means %q, %v, want %q", row.code, row.words, got, err, row.want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"7:30": "7 30 true", "07:30": "7 30 true", "23:59:59": "23 59 true", "0:00:00": "0 0 true",
		"24:00": "false", "7.30": "false", "7:60": "false", "7:30:60": "false", "730": "false", "": "false", ":30": "false", "7:3": "false", "-1:30": "false",
	} {
		hour, minute, ok := spoken.ParseTime(text)
		got := fmt.Sprint(hour, minute, ok)
		if !ok {
			got = "false"
		}
		if got != want {
			t.Errorf("ParseTime(%q) returned %s, want %s", text, got, want)
		}
	}
}

// Reading must not panic, and must return a time of day.
func FuzzReadTime(f *testing.F) {
	for _, text := range []string{"half past seven", "halb acht", "midi moins", "las ocho", "7:30pm", "24:00", "0:00 pm", "quarter to midnight at night"} {
		f.Add(text)
	}
	valid := regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, code := range codes {
			if got, err := spoken.Find(code).ReadTime(text); err == nil && !valid.MatchString(got) {
				t.Fatalf("%s: %q means %q", code, text, got)
			}
		}
	})
}
