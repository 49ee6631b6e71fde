// `stderr` for libbpf inside the shared library: Debian's libbpf.a is compiled for executables, where a variable of the C
// library's is reached directly, and a shared library cannot do that. The linker renames libbpf's uses (--wrap=stderr) to the
// variable below, which is the library's own. Part of libskep.so alone; tested by tests/install/.
#include <stdio.h>

extern FILE *__real_stderr;
FILE *__wrap_stderr;

__attribute__((constructor(101))) static void begin(void)
{
	__wrap_stderr = __real_stderr;
}
