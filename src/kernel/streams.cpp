// PROG_STREAM_READ_BY_FD: what a program, or the engine about it, has written. Tested by tests/kernel/arena_test.cpp.
#include <algorithm>
#include <cerrno>
#include <vector>

#include "kernel/impl.hpp"

namespace skep {

int Kernel::Impl::prog_stream_read(Call<attr::StreamRead>& call) {
  const attr::StreamRead& a = call.attr;
  int error = 0;
  const auto program = find<ProgramObject>(a.prog_fd, ObjectKind::program, error);
  if (!program) return error;
  std::vector<char> text(std::min<std::size_t>(a.stream_buf_len, runtime::Streams::capacity));
  const std::int64_t size = program->code->streams().read(a.stream_id, text);
  if (size <= 0) return static_cast<int>(size);
  return copy_to_user(a.stream_buf, text.data(), static_cast<std::size_t>(size)) != 0 ? -EFAULT
                                                                                      : static_cast<int>(size);
}

}  // namespace skep
