# libbpf, linked so that its system calls reach a Kernel: what skep_loader asks of whoever links it.
find_library(LIBBPF_STATIC NAMES libbpf.a REQUIRED)

# Every function of the C library that loader/wrap.cpp stands in for, and those of wrap_libraries.cpp.
set(SKEP_WRAPPED syscall close dup dup2 dup3 fcntl fcntl64 ioctl mmap mmap64 epoll_wait poll access faccessat open open64 fopen
                 fopen64 gzopen gzopen64 uname statfs statfs64 mkdir unlink elf_begin elf_memory elf_end realloc
                 btf__find_by_name_kind btf__find_by_name_kind_own btf__load_vmlinux_btf btf_get_from_fd btf__free btf__new)
list(TRANSFORM SKEP_WRAPPED PREPEND -Wl,--wrap= OUTPUT_VARIABLE SKEP_WRAP_FLAGS)
# The stand-ins are wanted by libbpf, which the linker reads after the archive: one of each file is asked for from the start.
list(APPEND SKEP_WRAP_FLAGS -Wl,--undefined=__wrap_syscall -Wl,--undefined=__wrap_elf_begin
     -Wl,--undefined=__wrap_btf__free -Wl,--undefined=__wrap_btf__new)
target_link_options(skep_loader INTERFACE ${SKEP_WRAP_FLAGS})
target_link_libraries(skep_loader PUBLIC ${LIBBPF_STATIC} PkgConfig::LIBELF z)
