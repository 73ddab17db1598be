package html

import "strings"

// A set is a set of names of elements.
type set map[string]bool

func setOf(names string) set {
	s := make(set)
	for _, name := range strings.Fields(names) {
		s[name] = true
	}
	return s
}

var (
	// void has the elements that have no content and no end tag.
	void = setOf("area base br col embed hr img input keygen link meta param source track wbr")

	// inHead has the elements that are in the head if they are before the body.
	inHead = setOf("base basefont bgsound link meta noscript script style template title")

	headings   = setOf("h1 h2 h3 h4 h5 h6")
	foreign    = setOf("svg math")
	rubyParts  = setOf("rb rp rt rtc")
	tableParts = setOf("table caption colgroup tbody thead tfoot tr td th")

	// closesParagraph has the elements before which an open p ends.
	closesParagraph = setOf(`address article aside blockquote center dd details dialog dir div dl dt
		fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav
		ol p plaintext pre search section summary table ul xmp`)

	// special has the elements that the end tag of an inner element such as span does not close.
	special = setOf(`address applet area article aside base basefont bgsound blockquote body br button
		caption center col colgroup dd details dir div dl dt embed fieldset figcaption figure footer form
		frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe img input keygen li link listing
		main marquee menu meta nav noembed noframes noscript object ol p param plaintext pre script search
		section select source style summary table tbody td template textarea tfoot th thead title tr track
		ul wbr xmp`)

	// The barriers have the elements outside of which no element is closed.
	scope            = setOf("applet caption html marquee object table td th template")
	paragraphBarrier = setOf("applet button caption html marquee object table td th template")
	listBarrier      = without(special, "address", "div", "p", "li", "dd", "dt")
	choiceBarrier    = setOf("select datalist table td th template")
)

func without(s set, names ...string) set {
	rest := make(set)
	for name := range s {
		rest[name] = true
	}
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}
