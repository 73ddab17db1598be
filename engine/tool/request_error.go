package tool

// A RequestError says why a resource cannot be read, or why a prompt has no messages. Its text is a
// sentence for the program that asked.
type RequestError struct {
	Type RequestErrorType
	Text string
}

// Error returns the text.
func (e *RequestError) Error() string { return e.Text }

// A RequestErrorType is the kind of a RequestError.
type RequestErrorType string

const (
	NotFound      RequestErrorType = "not_found"     // there is no such resource or prompt
	BadArguments  RequestErrorType = "bad_arguments" // an argument of the prompt is missing
	RequestFailed RequestErrorType = "failed"        // the script is busy, has raised an error, or took too long
)
