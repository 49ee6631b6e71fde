// Maps of sockets: what Linux 7.3 answers to the questions of tests/conformance/socket_rows.c, and that redirections by
// such maps are told with their target.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "loader/answers.hpp"
#include "skep/describe.hpp"

extern "C" void ask_about_sockets(FILE* to, const char* object);

namespace skep {
namespace {

class SocketRows : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    std::string error;
    kernel_ = Kernel::make({.engine = GetParam()}, error);
    ASSERT_NE(kernel_, nullptr) << error;
  }
  std::unique_ptr<Kernel> kernel_;
};

TEST_P(SocketRows, AreAnsweredAsLinux73Does) {
  test::expect_answers(test::answers_of(*kernel_, [](std::FILE* out) { ask_about_sockets(out, SOCKET_QUESTIONS); }),
                       CONFORMANCE_DIR "/sockets-7.3.txt", 100);
}

TEST_P(SocketRows, SayWhereDataIsRedirected) {
  const KernelBinding binding(*kernel_);
  bpf_object* const object = bpf_object__open(SOCKET_QUESTIONS);
  ASSERT_NE(object, nullptr);
  ASSERT_EQ(bpf_object__load(object), 0);
  const auto fd_of = [&](const char* map) { return bpf_map__fd(bpf_object__find_map_by_name(object, map)); };
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const std::uint32_t index = 2;
  const std::uint64_t key = 2, value = static_cast<std::uint64_t>(pair[0]);
  const auto run = [&](const char* name) {
    DescribedRun run;
    const std::vector<std::uint8_t> packet(64);
    run.packet = packet;
    DescribedResult result;
    EXPECT_EQ(run_described(*kernel_, bpf_program__fd(bpf_object__find_program_by_name(object, name)), run, result), 0)
        << Kernel::refusal();
    return result.verdict;
  };
  struct Settings {
    std::uint32_t flags, keyed;
  };
  const int zero = 0;
  const auto set = [&](Settings settings) {
    std::uint8_t seen[72] = {};
    std::memcpy(seen, &settings, sizeof settings);
    ASSERT_EQ(bpf_map_update_elem(fd_of(".data.seen"), &zero, seen, 0), 0);
  };
  constexpr std::uint32_t drop = 0, pass = 1;
  for (const char* const name : {"skb_redirects", "message_redirects"}) {
    SCOPED_TRACE(name);
    for (const std::uint32_t keyed : {0U, 1U}) {
      set({.flags = 0, .keyed = keyed});
      EXPECT_EQ(run(name), drop) << "no socket is there";
      EXPECT_EQ(Kernel::last_redirection().to, Redirection::To::nowhere);
    }
    ASSERT_EQ(bpf_map_update_elem(fd_of("by_index"), &index, &value, 0), 0);
    ASSERT_EQ(bpf_map_update_elem(fd_of("by_key"), &key, &value, 0), 0);
    for (const std::uint32_t keyed : {0U, 1U}) {
      set({.flags = 1, .keyed = keyed});
      EXPECT_EQ(run(name), pass);
      const Redirection told = Kernel::last_redirection();
      EXPECT_EQ(told.to, Redirection::To::map);
      EXPECT_EQ(told.map, keyed != 0 ? "by_key" : "by_index");
      EXPECT_EQ(told.key, 2U);
      EXPECT_EQ(told.flags, 1U);
      set({.flags = 2, .keyed = keyed});
      EXPECT_EQ(run(name), drop) << "flags that there are not";
      EXPECT_EQ(Kernel::last_redirection().to, Redirection::To::nowhere);
    }
    ASSERT_EQ(bpf_map_delete_elem(fd_of("by_index"), &index), 0);
    ASSERT_EQ(bpf_map_delete_elem(fd_of("by_key"), &key), 0);
  }
  close(pair[0]);
  close(pair[1]);
  bpf_object__close(object);
}

INSTANTIATE_TEST_SUITE_P(Engines, SocketRows, testing::Values(Engine::interpreter, Engine::compiled),
                         [](const auto& engine) {
                           return engine.param == Engine::compiled ? "Compiled" : "Interpreted";
                         });

}  // namespace
}  // namespace skep
