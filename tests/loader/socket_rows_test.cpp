// Maps of sockets: what Linux 7.3 answers to the questions of tests/conformance/socket_rows.c and socket_array_rows.c,
// that redirections by such maps are told with their target, and what programs put in and select.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "loader/answers.hpp"
#include "skep/describe.hpp"

extern "C" {
void ask_about_sockets(FILE* to, const char* object);
void ask_about_groups(FILE* to, const char* object);
void ask_about_xdp_sockets(FILE* to, const char* object);
int bound_xdp_socket(void);
}

namespace skep {
namespace {

class SocketRows : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    std::string error;
    kernel_ = Kernel::make({.engine = GetParam()}, error);
    ASSERT_NE(kernel_, nullptr) << error;
  }
  // What programs have seen, and are told: .data.seen of the object.
  struct Seen {
    std::uint32_t key, keyed, found, family, type, protocol, source, source_port, target, target_port, state;
    std::int64_t assigned, again, replaced;
  };
  void load() {
    object_ = bpf_object__open(SOCKET_QUESTIONS);
    ASSERT_NE(object_, nullptr);
    ASSERT_EQ(bpf_object__load(object_), 0) << Kernel::refusal();
  }
  void TearDown() override {
    const KernelBinding binding(*kernel_);
    bpf_object__close(object_);
  }
  int map(const char* name) const { return bpf_map__fd(bpf_object__find_map_by_name(object_, name)); }
  Seen run(const char* program, const std::string& context, std::uint32_t key, std::uint32_t keyed) {
    const int zero = 0;
    Seen seen{};
    seen.key = key, seen.keyed = keyed;
    EXPECT_EQ(bpf_map_update_elem(map(".data.seen"), &zero, &seen, 0), 0);
    const std::vector<std::uint8_t> packet(64);
    DescribedRun run;
    run.context = context;
    run.packet = packet;
    const int error =
        run_described(*kernel_, bpf_program__fd(bpf_object__find_program_by_name(object_, program)), run, result_);
    EXPECT_EQ(error, 0) << Kernel::refusal();
    EXPECT_EQ(bpf_map_lookup_elem(map(".data.seen"), &zero, &seen), 0);
    return seen;
  }
  std::unique_ptr<Kernel> kernel_;
  bpf_object* object_ = nullptr;
  DescribedResult result_;
};

TEST_P(SocketRows, OfGroupsAreAnsweredAsLinux73Does) {
  test::expect_answers(test::answers_of(*kernel_, [](std::FILE* out) { ask_about_groups(out, SOCKET_QUESTIONS); }),
                       CONFORMANCE_DIR "/socket-groups-7.3.txt", 30);
}

TEST_P(SocketRows, OfXdpAreAnsweredAsLinux73Does) {
  const int one = socket(AF_XDP, SOCK_RAW, 0);
  if (one < 0) GTEST_SKIP() << "this process may have no socket of AF_XDP";
  close(one);
  test::expect_answers(test::answers_of(*kernel_, [](std::FILE* out) { ask_about_xdp_sockets(out, SOCKET_QUESTIONS); }),
                       CONFORMANCE_DIR "/xdp-sockets-7.3.txt", 20);
}

// Its rings can be seen no more; 7.3 takes it, too.
TEST_P(SocketRows, OfXdpThatAreBoundAreKept) {
  const int one = bound_xdp_socket();
  if (one < 0) GTEST_SKIP() << "another socket has the queue, or this process may have none";
  const KernelBinding binding(*kernel_);
  ASSERT_NO_FATAL_FAILURE(load());
  const std::uint32_t index = 0;
  EXPECT_EQ(bpf_map_update_elem(map("xdp_sockets"), &index, &one, 0), 0);
  EXPECT_EQ(bpf_map_update_elem(map("xdp_sockets"), &index, &one, 1), 0) << "it is there already";
  close(one);
}

// As sock_map_update_common() of 7.3 and its callers: the event is looked at first, then flags, index and what is
// there.
TEST_P(SocketRows, ProgramsPutInTheConnectionThatTheyFollow) {
  const KernelBinding binding(*kernel_);
  ASSERT_NO_FATAL_FAILURE(load());
  const auto event = [](int op) {
    return R"({"op": )" + std::to_string(op) +
           R"(, "family": 2, "local_ip4": "10.0.0.1", "local_port": 80, "remote_ip4": "10.0.0.2", )"
           R"("remote_port": 8000, "sk": {"mark": 9}})";
  };
  constexpr int connects = 3, active = 4, passive = 5, listens = 11;
  constexpr std::uint32_t any = 0, if_new = 1, if_there = 2;
  EXPECT_EQ(run("puts_in", event(connects), 1, any).assigned, -EOPNOTSUPP) << "it may not carry data yet";
  EXPECT_EQ(run("puts_in", event(active), 1, 3).assigned, -EINVAL);
  EXPECT_EQ(run("puts_in", event(active), 1, if_there).again, -ENOENT);
  const Seen first = run("puts_in", event(active), 1, if_new);
  EXPECT_EQ(first.assigned, 0);
  EXPECT_EQ(first.again, 0);
  const Seen second = run("puts_in", event(passive), 1, if_new);
  EXPECT_EQ(second.assigned, -EEXIST);
  EXPECT_EQ(second.again, -EEXIST);
  EXPECT_EQ(run("puts_in", event(passive), 4, any).assigned, -E2BIG) << "beyond; a hash has such a key";
  EXPECT_EQ(run("puts_in", event(listens), 2, any).again, 0);
  for (const std::uint32_t keyed : {0U, 1U}) {
    const Seen seen = run("looks", "", 1, keyed);
    EXPECT_EQ(seen.found, 1U);
    EXPECT_EQ(seen.family, 2U);
    EXPECT_EQ(seen.protocol, 6U);
    EXPECT_EQ(seen.source, htonl(0x0a000001));
    EXPECT_EQ(seen.target, htonl(0x0a000002));
    EXPECT_EQ(seen.source_port, 80U);
    EXPECT_EQ(seen.target_port, htons(8000));
    EXPECT_EQ(seen.state, 1U);
    EXPECT_EQ(run("looks", "", 2, keyed).state, 10U) << "it listens";
  }
  // User space finds their cookies, redirections them, and they stay until they are taken out.
  std::uint64_t cookie = 0, other = 0;
  const std::uint32_t index = 1;
  const std::uint64_t key = 4;
  EXPECT_EQ(bpf_map_lookup_elem(map("by_index"), &index, &cookie), 0);
  EXPECT_EQ(bpf_map_lookup_elem(map("by_key"), &key, &other), 0);
  EXPECT_NE(cookie, 0U);
  EXPECT_NE(cookie, other);
  EXPECT_EQ(run("puts_in", event(active), 2, any).assigned, 0);
  run("message_redirects", "", 0, 0);
  EXPECT_EQ(Kernel::last_redirection().map, "by_index");
  EXPECT_EQ(bpf_map_delete_elem(map("by_index"), &index), 0);
  EXPECT_EQ(run("looks", "", 1, 0).found, 0U);
}

// As sk_select_reuseport() of 7.3.
TEST_P(SocketRows, ProgramsSelectASocketOfTheirGroup) {
  const KernelBinding binding(*kernel_);
  ASSERT_NO_FATAL_FAILURE(load());
  const auto bound = [](bool shares) {
    const int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (shares) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  };
  const int member = bound(true), alone = bound(false);
  sockaddr_in address{};
  socklen_t length = sizeof address;
  getsockname(member, reinterpret_cast<sockaddr*>(&address), &length);
  const auto own = [&](int family, int protocol, int port) {
    return R"({"sk": {"family": )" + std::to_string(family) + R"(, "protocol": )" + std::to_string(protocol) +
           R"(, "src_ip4": "127.0.0.1", "src_port": )" + std::to_string(port) + "}}";
  };
  constexpr std::uint32_t by_group = 0, by_index = 1, by_key = 2;
  const int port = ntohs(address.sin_port);
  EXPECT_EQ(run("selects", "{}", 1, by_group).assigned, -ENOENT) << "none is there";
  EXPECT_EQ(Kernel::last_redirection().to, Redirection::To::nowhere);
  const std::uint32_t index = 1;
  std::uint64_t value = static_cast<std::uint64_t>(member);
  ASSERT_EQ(bpf_map_update_elem(map("group"), &index, &value, 0), 0);
  EXPECT_EQ(run("selects", "{}", 1, by_group).assigned, 0);
  EXPECT_EQ(run("selects", own(2, 17, port), 1, by_group).assigned, 0);
  EXPECT_EQ(Kernel::last_redirection().to, Redirection::To::map);
  EXPECT_EQ(Kernel::last_redirection().map, "group");
  EXPECT_EQ(Kernel::last_redirection().key, 1U);
  EXPECT_EQ(run("selects", own(2, 6, port), 1, by_group).assigned, -EPROTOTYPE);
  EXPECT_EQ(run("selects", own(10, 17, port), 1, by_group).assigned, -EAFNOSUPPORT);
  EXPECT_EQ(run("selects", own(2, 17, port + 1), 1, by_group).assigned, -EBADFD);
  ASSERT_EQ(bpf_map_delete_elem(map("group"), &index), 0);
  ASSERT_EQ(bpf_map_update_elem(map("by_index"), &index, &value, 0), 0);
  EXPECT_EQ(run("selects", own(2, 17, port), 1, by_index).assigned, 0);
  value = static_cast<std::uint64_t>(alone);
  const std::uint64_t key = 1;
  ASSERT_EQ(bpf_map_update_elem(map("by_key"), &key, &value, 0), 0);
  EXPECT_EQ(run("selects", own(2, 17, port), 1, by_key).assigned, -EINVAL) << "it is of no group";
  close(member);
  EXPECT_EQ(run("selects", own(2, 17, port), 1, by_index).assigned, -ENOENT) << "it was closed";
  close(alone);
}

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
      const bool message = std::string_view(name) == "message_redirects";
      set({.flags = 0, .keyed = keyed});
      EXPECT_EQ(run(name), message ? drop : pass) << "messages go out by TCP alone";
      EXPECT_EQ(Kernel::last_redirection().to, message ? Redirection::To::nowhere : Redirection::To::map);
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
