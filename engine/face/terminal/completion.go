package terminal

import "strings"

// maxNames is the maximal number of names that are shown when several can complete a name.
const maxNames = 60

// completeName completes the name before the cursor, as far as that is clear. If nothing is clear, it
// shows the names that are possible.
func (p *prompt) completeName() {
	if p.complete == nil {
		return
	}
	before := string(p.editor.line[:p.editor.cursor])
	start, names := p.complete(before)
	if len(names) == 0 || start < 0 || start > len(before) {
		return
	}
	typed := before[start:]
	common := names[0]
	for _, name := range names[1:] {
		for !strings.HasPrefix(name, common) {
			common = common[:len(common)-1]
		}
	}
	if rest, ok := strings.CutPrefix(common, typed); ok && rest != "" {
		p.editor.insert([]rune(rest))
		return
	}
	if len(names) > 1 {
		list := strings.Join(names[:min(len(names), maxNames)], "  ")
		if len(names) > maxNames {
			list += "  ..."
		}
		p.screen.note(list)
	}
}
