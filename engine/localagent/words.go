package localagent

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A word of a sentence: how it is compared, and where it stands.
type word struct {
	fold       string // in lower case, without apostrophes
	start, end int    // in bytes of the sentence
	breaks     bool   // a comma, a full stop or the like follows
}

// A piece is a run of words of one sentence.
type piece struct {
	sentence string
	words    []word
}

// String is the piece as the user spelled it, without the punctuation around it.
func (p piece) String() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.sentence[p.words[0].start:p.words[len(p.words)-1].end]
}

// sub is the words from i up to j.
func (p piece) sub(i, j int) piece { return piece{p.sentence, p.words[i:j]} }

func (p piece) folds() []string {
	folds := make([]string, len(p.words))
	for i, w := range p.words {
		folds[i] = w.fold
	}
	return folds
}

// words takes a sentence apart. "living-room" is two words; "-3", "21.5",
// "c++" and "example.com" are one.
func words(sentence string) piece {
	sentence = strings.ToValidUTF8(sentence, "")
	p := piece{sentence: sentence}
	for start := 0; start < len(sentence); {
		n := strings.IndexFunc(sentence[start:], unicode.IsSpace)
		switch {
		case n < 0:
			n = len(sentence) - start
			fallthrough
		case n > 0:
			p.field(start, start+n)
			start += n
		default:
			_, n = utf8.DecodeRuneInString(sentence[start:])
			start += n
		}
	}
	p.dashes()
	return p
}

// field adds what stands between two spaces.
func (p *piece) field(start, end int) {
	text := p.sentence[start:end]
	left := len(text) - len(strings.TrimLeftFunc(text, edge))
	right := len(strings.TrimRightFunc(text, edge))
	if left >= right {
		p.marks(start, end)
		return
	}
	left = sign(text, left)
	from := left
	for i, r := range text[left:right] {
		i += left
		if !joint(text, i, r) {
			continue
		}
		p.add(start+from, start+i)
		p.breakIf(r)
		from = i + utf8.RuneLen(r)
	}
	p.add(start+from, start+right)
	for _, r := range text[right:] {
		p.breakIf(r)
	}
}

// marks takes in a field that holds no word: a dash may be a minus, and a
// comma ends what came before it.
func (p *piece) marks(start, end int) {
	if p.sentence[start:end] == "-" && len(p.words) > 0 {
		p.words = append(p.words, word{fold: "-", start: start, end: end})
		return
	}
	for _, r := range p.sentence[start:end] {
		p.breakIf(r)
	}
}

func (p *piece) breakIf(r rune) {
	if strings.ContainsRune(",;.!?:—–…", r) && len(p.words) > 0 {
		p.words[len(p.words)-1].breaks = true
	}
}

// add adds one word, or two for a contraction.
func (p *piece) add(start, end int) {
	if start >= end {
		return
	}
	fold := strings.ReplaceAll(strings.ToLower(p.sentence[start:end]), "’", "'")
	if fold == "&" {
		fold = "and"
	}
	if two, ok := contractions[fold]; ok {
		p.words = append(p.words, word{fold: two[0], start: start, end: end}, word{fold: two[1], start: start, end: end})
		return
	}
	if fold = strings.ReplaceAll(fold, "'", ""); fold != "" {
		p.words = append(p.words, word{fold: fold, start: start, end: end})
	}
}

// dashes keeps the free-standing "-" of "3 - 4"; any other one is a pause.
func (p *piece) dashes() {
	digit := func(i int) bool {
		return i < len(p.words) && strings.ContainsAny(p.words[i].fold[:1], "0123456789-")
	}
	kept := p.words[:0]
	for i, w := range p.words {
		switch {
		case w.fold != "-":
			kept = append(kept, w)
		case digit(i-1) && digit(i+1) && p.words[i+1].fold != "-":
			kept = append(kept, w)
		case len(kept) > 0:
			kept[len(kept)-1].breaks = true
		}
	}
	p.words = kept
}

// edge says whether r is punctuation that belongs to no word when it stands at
// the edge of one.
func edge(r rune) bool {
	return strings.ContainsRune(".,;:!?\"'`()[]{}-«»“”‘’„…¿¡—–\ufe0f\u200d", r) ||
		unicode.In(r, unicode.So, unicode.Sk) || unicode.IsControl(r)
}

// sign moves left back over the sign or point of a number, and the point of a
// name such as ".env".
func sign(text string, left int) int {
	r, _ := utf8.DecodeRuneInString(text[left:])
	if left > 0 && text[left-1] == '.' && (unicode.IsLetter(r) || unicode.IsDigit(r)) && !strings.HasSuffix(text[:left], "..") {
		left--
	}
	if left > 0 && text[left-1] == '-' && unicode.IsDigit(rune(strings.TrimPrefix(text[left:], ".")[0])) {
		left--
	}
	return left
}

// joint says whether the rune at i parts two words that no space parts.
func joint(text string, i int, r rune) bool {
	switch r {
	case '—', '–', '…':
		return true
	case '-', '_', ',', ';':
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+1:])
		return unicode.IsLetter(before) && unicode.IsLetter(after)
	}
	return false
}

var contractions = map[string][2]string{
	"what's": {"what", "is"}, "whats": {"what", "is"}, "how's": {"how", "is"}, "hows": {"how", "is"},
	"where's": {"where", "is"}, "wheres": {"where", "is"}, "who's": {"who", "is"}, "when's": {"when", "is"},
	"that's": {"that", "is"}, "it's": {"it", "is"}, "let's": {"let", "us"}, "i'd": {"i", "would"}, "i'm": {"i", "am"},
}

// stem takes the plural off a word.
func stem(fold string) string {
	cut := func(suffix string) bool { return strings.HasSuffix(fold, suffix) }
	switch n := len(fold); {
	case n < 4 || cut("ss") || cut("us") || cut("is"):
		return fold
	case n > 4 && cut("ies"):
		return fold[:n-3] + "y"
	case cut("sses") || cut("ches") || cut("shes") || cut("xes"):
		return fold[:n-2]
	case cut("s"):
		return fold[:n-1]
	}
	return fold
}

func same(a, b string) bool { return a == b || stem(a) == stem(b) }
