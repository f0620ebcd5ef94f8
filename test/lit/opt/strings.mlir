// Strings and comments that are closed, although they look as if they were not, are taken: "here is an open one.
// RUN: irfuse-opt %s | filecheck %s

// CHECK: a = "x // y", b = "\22", c = "\\", d = "", e = "it's"
func.func private @f() -> () attributes {a = "x // y", b = "\"", c = "\\", d = "", e = "it's"} // and "here, behind the code

// A long one takes no time.
// CHECK: @{{g+}}(
func.func private @gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg() -> ()
