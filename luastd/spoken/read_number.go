package spoken

import (
	"errors"
	"slices"
	"strconv"
)

// A reader reads words as a number or as a time of day.
type reader struct {
	*Language
	words   []meanings
	at      int  // index of the next word
	ordinal bool // an ordinal has been read, so that only ordinals may follow
}

// The errors of ReadNumber and ReadTime.
var (
	ErrTooLong = errors.New("the text is too long")
	ErrEmpty   = errors.New("the text is empty")
	// ErrOrder is the error for known words that are not a number or a time of day together.
	ErrOrder = errors.New("the words are not a number or a time of day together")
)

// An UnknownWord is the error for a word that has no meaning.
type UnknownWord string

// Error says which word has no meaning.
func (w UnknownWord) Error() string { return strconv.Quote(string(w)) + " has no meaning" }

// newReader returns a reader of the words in text.
func (l *Language) newReader(text string) (*reader, error) {
	if len(text) > MaxText {
		return nil, ErrTooLong
	}
	words, err := l.split(text)
	if err == nil && len(words) == 0 {
		err = ErrEmpty
	}
	return &reader{Language: l, words: words}, err
}

// remove removes the words for which unwanted returns true.
func (r *reader) remove(unwanted func(meanings) bool) {
	r.words = slices.DeleteFunc(r.words, unwanted)
}

// peek returns the meaning of the next word as a word of kind k, or nil if it has no such meaning.
func (r *reader) peek(k kind) *word {
	if r.at >= len(r.words) {
		return nil
	}
	w := r.words[r.at].find(k)
	if w == nil || r.ordinal && !w.ordinal {
		return nil
	}
	return w
}

// take is like peek, and goes to the next word if the result is not nil.
func (r *reader) take(k kind) *word {
	w := r.peek(k)
	if w != nil {
		r.at++
		r.ordinal = w.ordinal
	}
	return w
}

// try calls read. If read returns false, try goes back to where the reader was.
func (r *reader) try(read func() bool) bool {
	at, ordinal := r.at, r.ordinal
	if read() {
		return true
	}
	r.at, r.ordinal = at, ordinal
	return false
}

// readFully is like try, but the words must end where read has ended.
func (r *reader) readFully(read func() bool) bool {
	return r.try(func() bool { return read() && r.at == len(r.words) })
}

// ReadNumber returns the number that text means: a cardinal, an ordinal or digits. The error is
// one of those above.
func (l *Language) ReadNumber(text string) (float64, error) {
	r, err := l.newReader(text)
	if err != nil {
		return 0, err
	}
	r.remove(func(w meanings) bool { return len(w) == 1 && w[0].kind == filler })
	negative := r.take(minus) != nil
	v, ok := r.number()
	if !ok || r.at < len(r.words) || v > MaxNumber || negative && r.ordinal {
		return 0, ErrOrder
	}
	if negative {
		v = -v
	}
	return v, nil
}

// number reads a number without a sign.
func (r *reader) number() (v float64, ok bool) {
	if r.halfAlone() {
		return r.scaled(0.5), true
	}
	if r.take(zero) != nil {
		ok = true
	} else if v, ok = r.below(0); ok {
		v = r.secondPair(v)
	}
	if r.ordinal {
		return v, ok
	}
	if r.take(point) != nil {
		digits := r.decimals()
		v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 0, 64)+"."+digits, 64)
		return r.scaled(v), err == nil && digits != "" && len(digits) <= 15
	}
	if ok && r.half() {
		return r.scaled(v + 0.5), true
	}
	return v, ok
}

// halfAlone reads "half", "a half" or "half a", but not the half after a number.
func (r *reader) halfAlone() bool {
	return r.try(func() bool {
		if w := r.peek(number); w != nil && w.value == 1 {
			r.at++ // "ein halb"
		} else {
			r.take(article)
		}
		if r.take(half) == nil {
			return false
		}
		r.take(article)
		return true
	})
}

// half reads the half after a number: "and a half" or "einhalb".
func (r *reader) half() bool {
	return r.take(andHalf) != nil || r.try(func() bool {
		return r.take(and) != nil && r.halfAlone()
	})
}

// scaled reads the word after a fraction that multiplies it, as in "1.5 million".
func (r *reader) scaled(v float64) float64 {
	r.take(article)
	if w := r.take(scaleWord); w != nil {
		return v * w.value
	}
	return v
}

// decimals reads the words after the point, and returns their digits.
func (r *reader) decimals() string {
	digits := ""
	for {
		if r.take(zero) != nil || r.take(oh) != nil {
			digits += "0"
		} else if w := r.take(complete); w != nil && w.digits != "" {
			digits += w.digits
		} else if v, ok := r.small(); ok && isWhole(v, 1, 99) && !r.ordinal {
			digits += strconv.Itoa(int(v))
		} else {
			return digits
		}
	}
}

// below reads a number that is less than the scale before scales[i].
func (r *reader) below(i int) (v float64, ok bool) {
	if i == len(r.scales) {
		return r.below1000()
	}
	v, ok = r.below(i + 1)
	w := r.peekMultiplier(scaleWord, ok)
	if w == nil || w.value != r.scales[i] {
		return v, ok
	}
	r.takeMultiplier(scaleWord)
	if !ok {
		v = 1
	}
	v *= w.value
	return v + r.rest(w.value, func() (float64, bool) { return r.below(i + 1) }), true
}

// below1000 reads a number below 1000, or a number in digits.
func (r *reader) below1000() (v float64, ok bool) {
	if w := r.take(hundreds); w != nil {
		return w.value + r.rest(100, r.small), true
	}
	v, ok = r.small()
	w := r.peekMultiplier(multiplier, ok)
	if w == nil || v >= 100 {
		return v, ok
	}
	r.takeMultiplier(multiplier)
	if !ok {
		v = 1
	}
	return v*w.value + r.rest(w.value, r.small), true
}

// peekMultiplier returns the meaning of the next word as a word of kind k. It skips an article, as
// in "a hundred", unless a number is before the word.
func (r *reader) peekMultiplier(k kind, numberBefore bool) *word {
	if w := r.peek(k); w != nil || numberBefore || r.peek(article) == nil {
		return w
	}
	r.at++
	defer func() { r.at-- }()
	return r.peek(k)
}

// takeMultiplier goes to the word after the one that peekMultiplier has returned.
func (r *reader) takeMultiplier(k kind) {
	if r.peek(k) == nil {
		r.at++
	}
	r.take(k)
}

// rest reads the number after a word such as hundred, which must be less than limit. It returns 0
// if there is none.
func (r *reader) rest(limit float64, read func() (float64, bool)) (v float64) {
	r.try(func() bool {
		if !r.ordinal {
			r.take(and)
		}
		var ok bool
		v, ok = read()
		if !ok || v >= limit {
			v = 0
			return false
		}
		return true
	})
	return v
}

// small reads a number below 100, or a number in digits.
func (r *reader) small() (v float64, ok bool) {
	if w := r.take(complete); w != nil {
		if s := r.peek(suffix); s != nil {
			r.at++
			r.ordinal = true
		}
		return w.value, true
	}
	w := r.take(number)
	switch {
	case w == nil:
		return 0, false
	case w.value < 10 && r.unitBeforeTen:
		return w.value + r.tenAfterUnit(), true
	case isWhole(w.value/10, 2, 9):
		return w.value + r.unitAfter(w.value), true
	}
	return w.value, true
}

// tenAfterUnit reads "und zwanzig". It returns 0 if something else follows.
func (r *reader) tenAfterUnit() (v float64) {
	r.try(func() bool {
		if r.take(and) == nil {
			return false
		}
		w := r.take(number)
		if w == nil || !isWhole(w.value/10, 2, 9) {
			return false
		}
		v = w.value
		return true
	})
	return v
}

// unitAfter reads the unit after the word for a multiple of ten. It returns 0 if something else
// follows. In French, 10 to 19 may follow 60 and 80.
func (r *reader) unitAfter(ten float64) (v float64) {
	r.try(func() bool {
		joined := r.andAfterTen > 0 && ten >= r.andAfterTen && !r.ordinal && r.take(and) != nil
		if !joined && !r.unitAfterTen && !r.ordinal {
			return false
		}
		w := r.take(number)
		if w == nil || w.value > 9 && !(r.Code == "fr" && (ten == 60 || ten == 80) && w.value < 20) {
			return false
		}
		v = w.value
		return true
	})
	return v
}

// secondPair reads the second part of a number such as "nineteen eighty-four", whose first part is
// v.
func (r *reader) secondPair(v float64) float64 {
	if !r.pairsOfTens || r.ordinal || !isWhole(v, 10, 99) {
		return v
	}
	r.try(func() bool {
		isOh := r.take(oh) != nil
		n, ok := r.small()
		if !ok || isOh != (n < 10) || !isWhole(n, 1, 99) {
			return false
		}
		v = 100*v + n
		return true
	})
	return v
}
