package grammar

import "strings"

// A rule says how letters are spoken. The sounds have the names of the dictionary.
type rule struct{ letters, sounds string }

// starts are rules for the beginning of a word, ends for its end, and rules for everywhere. The
// first rule that fits is used, so longer letters come first. They are the usual rules of English
// spelling; English has many exceptions.
var (
	starts = []rule{{"kn", "N"}, {"wr", "R"}, {"ps", "S"}, {"hu", "HH Y UW"}, {"x", "Z"}, {"y", "Y"}}
	ends   = []rule{
		{"tion", "SH AH N"}, {"sion", "ZH AH N"}, {"ture", "CH ER"}, {"que", "K"}, {"ue", "UW"}, {"ie", "IY"}, {"le", "AH L"},
		{"ey", "IY"}, {"y", "IY"}, {"a", "AH"}, {"i", "IY"}, {"o", "OW"}, {"u", "UW"}, {"e", ""},
	}
	rules = []rule{
		{"ough", "AO"}, {"augh", "AO"}, {"eigh", "EY"}, {"igh", "AY"}, {"tch", "CH"}, {"dge", "JH"}, {"sch", "SH"},
		{"ch", "CH"}, {"sh", "SH"}, {"th", "TH"}, {"ph", "F"}, {"wh", "W"}, {"ck", "K"}, {"ng", "NG"}, {"qu", "K W"}, {"gh", "G"},
		{"ee", "IY"}, {"ea", "IY"}, {"oo", "UW"}, {"ou", "AW"}, {"ow", "OW"}, {"oi", "OY"}, {"oy", "OY"}, {"ai", "EY"}, {"ay", "EY"},
		{"au", "AO"}, {"aw", "AO"}, {"ei", "EY"}, {"ey", "IY"}, {"ie", "IY"}, {"oa", "OW"}, {"ue", "UW"}, {"ui", "UW"}, {"eu", "Y UW"},
		{"er", "ER"}, {"ir", "ER"}, {"ur", "ER"}, {"ar", "AA R"}, {"or", "AO R"},
		{"ce", "S EH"}, {"ci", "S IH"}, {"cy", "S IY"}, {"ge", "JH EH"}, {"gi", "JH IH"},
		{"a", "AE"}, {"b", "B"}, {"c", "K"}, {"d", "D"}, {"e", "EH"}, {"f", "F"}, {"g", "G"}, {"h", "HH"}, {"i", "IH"}, {"j", "JH"},
		{"k", "K"}, {"l", "L"}, {"m", "M"}, {"n", "N"}, {"o", "AA"}, {"p", "P"}, {"q", "K"}, {"r", "R"}, {"s", "S"}, {"t", "T"},
		{"u", "AH"}, {"v", "V"}, {"w", "W"}, {"x", "K S"}, {"y", "IH"}, {"z", "Z"},
	}
	// longVowels are the sounds of vowels before a consonant and a silent e, as in "plate".
	longVowels = map[byte]string{'a': "EY", 'e': "IY", 'i': "AY", 'o': "OW", 'u': "UW"}
)

// accents replaces letters that are not in the English alphabet.
var accents = strings.NewReplacer("ä", "e", "ö", "o", "ü", "u", "ß", "ss", "à", "a", "á", "a", "â", "a", "ã", "a", "å", "o", "æ", "e",
	"ç", "s", "è", "e", "é", "ay", "ê", "e", "ë", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "ny", "ò", "o", "ó", "o", "ô", "o",
	"õ", "o", "ø", "o", "ù", "u", "ú", "u", "û", "u", "ý", "y", "ÿ", "y", "'", "")

// maxLetters is the maximum length of a word that is spoken by rules.
const maxLetters = 40

// soundsOfLetters returns the sounds of a word by the rules of spelling. It returns "" if the word
// has characters that are not letters, or is too long.
func soundsOfLetters(word string) string {
	word = accents.Replace(strings.ToLower(word))
	if len(word) > maxLetters || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	var sounds []string
	for i := 0; i < len(word); {
		n, s := spell(word, i)
		if s != "" && (len(sounds) == 0 || s != sounds[len(sounds)-1]) { // double consonants are spoken once
			sounds = append(sounds, s)
		}
		i += n
	}
	return strings.Join(sounds, " ")
}

// spell returns how many letters of the word from index i on belong together, and their sounds.
func spell(word string, i int) (letters int, sounds string) {
	rest := word[i:]
	if i == 0 {
		for _, r := range starts {
			if strings.HasPrefix(rest, r.letters) && len(rest) > len(r.letters) {
				return len(r.letters), r.sounds
			}
		}
	}
	if i > 0 {
		for _, r := range ends {
			if rest == r.letters {
				return len(r.letters), r.sounds
			}
		}
	}
	if s, ok := longVowels[rest[0]]; ok && len(rest) == 3 && rest[2] == 'e' && !strings.ContainsRune("aeiouwyx", rune(rest[1])) {
		return 1, s
	}
	for _, r := range rules {
		if strings.HasPrefix(rest, r.letters) {
			return len(r.letters), r.sounds
		}
	}
	return 1, ""
}
