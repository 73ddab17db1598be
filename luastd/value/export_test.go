package value

// MaxDepth, AppendNumber and AppendText are exported for tests of package value_test.
const MaxDepth = maxDepth

var (
	AppendNumber = appendNumber
	AppendText   = appendText
)
