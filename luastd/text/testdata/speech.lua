text.number("one hundred and five")          --> 105
text.number("fünf", {language = "de_DE.UTF-8"})  --> 5
text.number("")                              --> nil, invalid: the text is empty, invalid
text.number("  ")                            --> nil, invalid: the text is empty, invalid
text.number("one two")                       --> nil, invalid: "one two" is not a number in English, invalid
text.number("zwei", {language = "fr"})       --> nil, invalid: "zwei" is not a word of a number in French, invalid
text.number("1e5")                           --> nil, invalid: "e" is not a word of a number in English, invalid
text.number("half past")                     --> nil, invalid: "half past" is not a number in English, invalid
text.number(("one "):rep(251))               --> nil, too_large: the text has 1004 bytes; the maximum is 1000, too_large
text.number("1", {language = "it"})          --> bad argument #2 to number (language must be one of en, de, fr, es, not "it")
text.number("1", {language = 1})             --> bad argument #2 to number (language must be a string, not 1)
text.number({})                              --> bad argument #1 to number (string expected, got table)

text.spoken(0)                               --> zero
text.spoken(-0.0000001)                      --> zero
text.spoken(0.1 + 0.2)                       --> zero point three
text.spoken(1e6)                             --> one million
text.spoken("1.50")                          --> one point five zero
text.spoken(2.5, {decimals = 0})             --> two
text.spoken(1 / 3, {decimals = 15})          --> zero point three three three three three three three three three three three three three three three
text.spoken(20.5, {form = "digits"})         --> two zero point five
text.spoken(1e15)                            --> bad argument #1 to spoken (cardinal: the maximum is 999999999999999)
text.spoken(999999999999999.5)               --> nine hundred ninety-nine trillion nine hundred ninety-nine billion nine hundred ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine point five
text.spoken(1e300)                           --> bad argument #1 to spoken (cardinal: the maximum is 999999999999999)
text.spoken(1 / 0)                           --> bad argument #1 to spoken (the number must be finite)
text.spoken(0 / 0)                           --> bad argument #1 to spoken (the number must be finite)
text.spoken("12a")                           --> bad argument #1 to spoken (cardinal: it is not a number in decimal digits)
text.spoken(1.5, {form = "ordinal"})         --> bad argument #1 to spoken (ordinal: it must be a whole number)
text.spoken(0, {form = "ordinal"})           --> bad argument #1 to spoken (ordinal: the minimum is 1)
text.spoken(("1"):rep(101), {form = "digits"})  --> bad argument #1 to spoken (digits: the maximum is 100 digits)
text.spoken(1, {form = "roman"})             --> bad argument #2 to spoken (form must be one of cardinal, ordinal, year, digits, not "roman")
text.spoken(1, {gender = "neuter"})          --> bad argument #2 to spoken (gender must be one of masculine, feminine, not "neuter")
text.spoken(1, {decimals = 16})              --> bad argument #2 to spoken (decimals must be a whole number from 0 to 15, not 16)
text.spoken(1, {lang = "de"})                --> bad argument #2 to spoken (there is no field 'lang'; its fields are language, form, gender, decimals)
text.spoken(true)                            --> bad argument #1 to spoken (number expected, got boolean)

text.time("Half past seven, in the evening!")  --> 19:30
text.time("19:30 in the morning")            --> nil, invalid: "19:30 in the morning" is not a time of day in English, invalid
text.time("")                                --> nil, invalid: the text is empty, invalid
text.time(("x"):rep(1001))                   --> nil, too_large: the text has 1001 bytes; the maximum is 1000, too_large
text.spoken_time("07:30:59")                 --> half past seven
text.spoken_time(os.date("!*t", 0))          --> midnight
text.spoken_time("7.30")                     --> bad argument #1 to spoken_time ("7.30" is not a time of day such as 07:30)
text.spoken_time("24:00")                    --> bad argument #1 to spoken_time ("24:00" is not a time of day such as 07:30)
text.spoken_time({hour = 24, min = 0})       --> bad argument #1 to spoken_time (the table must have the fields hour, from 0 to 23, and min, from 0 to 59)
text.spoken_time({hour = 7})                 --> bad argument #1 to spoken_time (the table must have the fields hour, from 0 to 23, and min, from 0 to 59)
text.spoken_time(7)                          --> bad argument #1 to spoken_time ("7" is not a time of day such as 07:30)
text.spoken_time("07:30", {hours = 13})      --> bad argument #2 to spoken_time (hours must be 12 or 24, not 13)
text.spoken_time("07:30", {hours = 24, part = true})  --> bad argument #2 to spoken_time (part needs hours = 12)
