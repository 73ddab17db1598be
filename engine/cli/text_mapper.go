package cli

import (
	"reflect"

	"github.com/alecthomas/kong"
)

// textMapper returns the option of the parser for flags and arguments that are text. It keeps them
// as they are. The parser's own mapper goes through JSON, which replaces every byte that is not
// UTF-8, so that files with such names could not be opened.
func textMapper() kong.Option {
	return kong.KindMapper(reflect.String, kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		token, err := ctx.Scan.PopValue("string")
		if err == nil {
			target.SetString(token.String())
		}
		return err
	}))
}
