package phrases

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A word is one word of a sentence.
type word struct {
	fold       string // the word in the form for comparisons: in lower case, without apostrophes
	start, end int    // byte offsets of the word in the sentence
	breaks     bool   // the word is followed by a comma, a full stop or a similar mark
}

// A piece is a sequence of consecutive words of a sentence.
type piece struct {
	sentence string
	words    []word
}

// String returns the piece as the user wrote it, without the punctuation at both ends.
func (p piece) String() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.sentence[p.words[0].start:p.words[len(p.words)-1].end]
}

// sub returns the words of the piece with the indexes from i to j-1.
func (p piece) sub(i, j int) piece { return piece{p.sentence, p.words[i:j]} }

func (p piece) folds() []string {
	folds := make([]string, len(p.words))
	for i, w := range p.words {
		folds[i] = w.fold
	}
	return folds
}

// splitWords splits a sentence into words. "living-room" becomes two words. "-3", "21.5", "c++" and
// "example.com" are one word each.
func splitWords(sentence string) piece {
	sentence = strings.ToValidUTF8(sentence, "")
	p := piece{sentence: sentence}
	for start := 0; start < len(sentence); {
		n := strings.IndexFunc(sentence[start:], unicode.IsSpace)
		switch {
		case n < 0:
			n = len(sentence) - start
			fallthrough
		case n > 0:
			p.addField(start, start+n)
			start += n
		default:
			_, n = utf8.DecodeRuneInString(sentence[start:])
			start += n
		}
	}
	return p
}

// addField adds the words of a field to the piece. A field is a part of the sentence between two
// spaces; start and end are its byte offsets.
func (p *piece) addField(start, end int) {
	text := p.sentence[start:end]
	left := len(text) - len(strings.TrimLeftFunc(text, isEdgeMark))
	right := len(strings.TrimRightFunc(text, isEdgeMark))
	if left >= right { // text is only punctuation; a dash between spaces counts as a break
		p.markBreak(strings.ReplaceAll(text, "-", "–"))
		return
	}
	left = includeSign(text, left)
	from := left
	for i, r := range text[left:right] {
		i += left
		if !separatesWords(text, i, r) {
			continue
		}
		p.addWord(start+from, start+i)
		p.markBreak(string(r))
		from = i + utf8.RuneLen(r)
	}
	p.addWord(start+from, start+right)
	p.markBreak(text[right:])
}

// markBreak marks the last word as followed by a break if the punctuation contains a comma, a full
// stop or a similar mark.
func (p *piece) markBreak(punctuation string) {
	if strings.ContainsAny(punctuation, ",;.!?:—–…") && len(p.words) > 0 {
		p.words[len(p.words)-1].breaks = true
	}
}

// addWord adds the word between the byte offsets start and end. It adds two words for a contraction
// such as "what's", and nothing for an empty word.
func (p *piece) addWord(start, end int) {
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

// isEdgeMark reports whether r is punctuation that is not a part of the word when it comes at the
// beginning or the end of the word.
func isEdgeMark(r rune) bool {
	return strings.ContainsRune(".,;:!?\"'`()[]{}-«»“”‘’„…¿¡—–\ufe0f\u200d", r) ||
		unicode.In(r, unicode.So, unicode.Sk) || unicode.IsControl(r)
}

// includeSign returns the start of the word in text that begins at offset left. The result is
// smaller than left if the punctuation before the word belongs to the word: the sign or the decimal
// point of a number, or the point of a name such as ".env".
func includeSign(text string, left int) int {
	r, _ := utf8.DecodeRuneInString(text[left:])
	if left > 0 && text[left-1] == '.' && (unicode.IsLetter(r) || unicode.IsDigit(r)) && !strings.HasSuffix(text[:left], "..") {
		left--
	}
	if left > 0 && text[left-1] == '-' && unicode.IsDigit(rune(strings.TrimPrefix(text[left:], ".")[0])) {
		left--
	}
	return left
}

// separatesWords reports whether the rune r at offset i of text separates two words, as a space
// does.
func separatesWords(text string, i int, r rune) bool {
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

// stem returns the word in the singular, according to the usual rules of English spelling.
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

// sameStem reports whether two words are equal apart from singular and plural.
func sameStem(a, b string) bool { return a == b || stem(a) == stem(b) }
