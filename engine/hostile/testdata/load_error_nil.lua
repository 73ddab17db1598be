-- The top level fails, with nothing.
--> refused load_error_nil.lua: nil
error(nil)
