// What programs reach of the process's memory by addresses that nobody vouches for: each call and each kind of load, in
// both engines; what is their own, what the host gives and opens; and that what they are denied is told.
#include "runtime/reach.hpp"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>

#include "bounds/support.hpp"

namespace skep::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t untouched = 7;  // what the programs begin with

// The host's objects, as reach.bpf.c has them.
struct AppObject {
  std::uint64_t number = 42;
  AppObject* next = nullptr;
};
std::uint64_t take(const HostCall& call) {
  return reinterpret_cast<std::uint64_t>(call.user);
}
std::uint64_t give(const HostCall&) {
  return 0;
}

struct Answer {
  std::int64_t result = 99;
  std::uint64_t value = 99;
  bool operator==(const Answer&) const = default;
};
void PrintTo(const Answer& answer, std::ostream* out) {
  *out << "{" << answer.result << ", " << answer.value << "}";
}

class Reach : public testing::TestWithParam<Engine> {
 protected:
  void TearDown() override {
    object_ = {};
    kernel_.reset();
  }
  // False: the object cannot be had here (no kernel's types, or no compiler).
  bool load(const char* file = "reach", HostMemory memory = HostMemory::closed, bool host_btf = false) {
    HostModule module;
    module.name = "app";
    module.types = {"struct app_object { u64 number; struct app_object *next; }"};
    module.kfuncs = {
        {"struct app_object *app_take(void)", host_acquire | host_ret_null, all_program_types, take, &object_of_host_},
        {"void app_give(struct app_object *object)", host_release, all_program_types, give, &object_of_host_,
         "app_object"},
        {"struct app_object *app_peek(void)", host_ret_null, all_program_types, take, &object_of_host_}};
    module.functions = {"int app_pass(struct app_object *object)", "int app_say(const char *text)"};
    auto made = make_kernel(
        {.cpus = 1, .host_btf = host_btf, .engine = GetParam(), .modules = {module}, .host_memory = memory});
    EXPECT_TRUE(made) << made.message();
    kernel_ = *made;
    auto loaded = Object::load(kernel_, fmt::format("{}/{}.bpf.o", BOUNDS_OBJECTS, file));
    EXPECT_TRUE(loaded || host_btf) << loaded.message();
    if (loaded) object_ = *loaded;
    return static_cast<bool>(loaded);
  }

  // What the program answers about an address.
  Answer look(const char* name, const void* at = nullptr) {
    const KernelBinding binding(*kernel_);
    const std::uint32_t key = 0;
    const auto address = reinterpret_cast<std::uint64_t>(at);
    EXPECT_EQ(bpf_map_update_elem(object_.map("looks")->fd(), &key, &address, 0), 0);
    auto program = object_.program(name);
    EXPECT_TRUE(program) << program.message();
    static const std::vector<std::uint8_t> packet(64, 1);
    RunInput input;
    if (program->type() == ProgType::sched_cls) input.packet = packet;
    const auto run = program->run(input);
    EXPECT_TRUE(run) << name << ": " << run.message();
    return answer();
  }
  Answer answer() const {
    const KernelBinding binding(*kernel_);
    const std::uint32_t key = 0;
    Answer found, none;
    const int fd = object_.map("answers")->fd();
    EXPECT_EQ(bpf_map_lookup_elem(fd, &key, &found), 0);
    EXPECT_EQ(bpf_map_update_elem(fd, &key, &none, 0), 0);
    return found;
  }

  AppObject behind_it_{.number = 42};
  AppObject object_of_host_{.number = 42, .next = &behind_it_};
  std::shared_ptr<Kernel> kernel_;
  Object object_;
  // '*', as a number and as a string.
  alignas(64) const std::uint64_t secret_[8] = {42};
};

struct Case {
  const char* program;
  Answer denied, open;
};
constexpr std::int64_t efault = -EFAULT;
const Case calls[] = {
    {"probe_read", {efault, 0}, {0, 42}},        {"probe_read_str", {efault, 0}, {2, 42}},
    {"probe_read_kernel", {efault, 0}, {0, 42}}, {"probe_read_kernel_str", {efault, 0}, {2, 42}},
    {"probe_read_user", {efault, 0}, {0, 42}},   {"probe_read_user_str", {efault, 0}, {2, 42}},
    {"copy_from_user", {efault, 0}, {0, 42}},    {"copy_from_user_task", {efault, 0}, {0, 42}},
    {"snprintf_string", {1, 0}, {2, 42}},
};

TEST_P(Reach, OfTheHostIsClosedToEveryCall) {
  ASSERT_TRUE(load());
  for (const Case& c : calls) {
    const std::uint64_t before = kernel_->denied().reads;
    const Answer got = look(c.program, secret_);
    EXPECT_EQ(got, c.denied) << c.program;
    EXPECT_EQ(kernel_->denied().reads, before + 1) << c.program;
  }
}

struct Text {
  const char* program;
  const char *denied, *open;  // what it begins with
};
const Text texts[] = {
    {"format_string", "", "*"},
    {"format_ip4", "0.0.0.0", "42.0.0.0"},
    {"format_ip6", "0000:000", "2a00:000"},
};

TEST_P(Reach, OfTheHostIsClosedToFormats) {
  ASSERT_TRUE(load());
  const auto text_of = [&](const Text& text) {
    const Answer got = look(text.program, secret_);
    return std::string(reinterpret_cast<const char*>(&got.value),
                       strnlen(reinterpret_cast<const char*>(&got.value), sizeof got.value));
  };
  std::uint64_t denied = 0;
  for (const Text& text : texts) {
    EXPECT_EQ(text_of(text), text.denied);
    EXPECT_EQ(kernel_->denied().reads, ++denied) << text.program;
  }
  std::string printed;
  kernel_->on_trace([&](std::string_view line) { printed = line; });
  EXPECT_EQ(look("print_string", secret_).result, 0);
  EXPECT_EQ(printed, "");
  EXPECT_EQ(kernel_->denied().reads, ++denied);
  ASSERT_TRUE(kernel_->open_host_memory({secret_, sizeof secret_}));
  for (const Text& text : texts) EXPECT_EQ(text_of(text), text.open);
  EXPECT_EQ(look("print_string", secret_).result, 1);
  EXPECT_THAT(printed, HasSubstr("*"));
  EXPECT_EQ(kernel_->denied().reads, denied);
}

TEST_P(Reach, OfTheHostIsOpenByRange) {
  ASSERT_TRUE(load());
  ASSERT_TRUE(kernel_->open_host_memory({secret_, sizeof secret_}));
  for (const Case& c : calls) {
    Answer got = look(c.program, secret_);
    got.value &= 0xff;
    EXPECT_EQ(got, c.open) << c.program;
  }
  EXPECT_THAT(kernel_->denied().places, IsEmpty());
  // Beside it, and around its end, nothing is.
  EXPECT_EQ(look("probe_read_kernel", reinterpret_cast<const char*>(secret_) - 1).result, -EFAULT);
  EXPECT_EQ(look("probe_read_kernel", reinterpret_cast<const char*>(secret_) + sizeof secret_ - 7).result, -EFAULT);
  EXPECT_TRUE(kernel_->close_host_memory(secret_));
  EXPECT_EQ(look("probe_read_kernel", secret_).result, -EFAULT);
}

TEST_P(Reach, OfTheHostMayBeOpenAsAWhole) {
  ASSERT_TRUE(load("reach", HostMemory::open));
  for (const Case& c : calls) {
    Answer got = look(c.program, secret_);
    got.value &= 0xff;
    EXPECT_EQ(got, c.open) << c.program;
  }
  EXPECT_EQ(look("probe_read_kernel", nullptr).result, -ERANGE);
}

TEST_P(Reach, ForWritingIsOpenedByItself) {
  ASSERT_TRUE(load());
  std::uint64_t target = 1;
  EXPECT_EQ(look("probe_write_user", &target).result, -EPERM);
  ASSERT_TRUE(kernel_->open_host_memory({&target, sizeof target}));
  EXPECT_EQ(look("probe_write_user", &target).result, -EPERM);
  EXPECT_EQ(target, 1U);
  EXPECT_EQ(kernel_->denied().writes, 2U);
  ASSERT_TRUE(kernel_->close_host_memory(&target));
  ASSERT_TRUE(kernel_->open_host_memory({&target, sizeof target, true}));
  EXPECT_EQ(look("probe_write_user", &target).result, 0);
  EXPECT_EQ(target, untouched);
}

// What the verifier knows of it must stay so.
TEST_P(Reach, ForWritingNeverHasWhatIsBehindMaps) {
  ASSERT_TRUE(load("reach", HostMemory::open));
  const Answer element = look("remember_element");
  EXPECT_EQ(look("probe_write_user", reinterpret_cast<const void*>(element.value)).result, -EPERM);
  EXPECT_EQ(look("own_hash_without_preallocation"), (Answer{0, 42}));
}

TEST_P(Reach, HasWhatIsTheProgramsOwn) {
  ASSERT_TRUE(load());
  for (const char* name :
       {"own_array", "own_percpu_array", "own_hash", "own_hash_without_preallocation", "own_percpu_hash",
        "own_lru_hash", "own_lpm", "own_variable", "own_stack", "own_stack_of_caller", "own_stack_in_callback",
        "own_context", "own_packet", "own_record", "given_object", "load_of_given_object"})
    EXPECT_EQ(look(name), (Answer{0, 42})) << name;
  EXPECT_EQ(look("own_string"), (Answer{2, 42}));
  EXPECT_THAT(kernel_->denied().places, IsEmpty());
  // An element is read by another program, too, and the bytes around it by none.
  const Answer element = look("remember_element");
  const auto* at = reinterpret_cast<const char*>(element.value);
  EXPECT_EQ(look("probe_read_kernel", at), (Answer{0, 42}));
  EXPECT_EQ(look("probe_read_kernel", at + 1).result, -EFAULT);
  EXPECT_EQ(look("probe_read_kernel", at - 9).result, -EFAULT);
  // The links between preallocated elements are no program's either.
  const auto* preallocated = reinterpret_cast<const char*>(look("remember_preallocated").value);
  EXPECT_EQ(look("probe_read_kernel", preallocated), (Answer{0, 42}));
  EXPECT_EQ(look("probe_read_kernel", preallocated - 8).result, 0);  // the key
  EXPECT_EQ(look("probe_read_kernel", preallocated - 16).result, -EFAULT);
  EXPECT_EQ(look("probe_read_kernel", preallocated + 8).result, -EFAULT);
}

TEST_P(Reach, HasWhatTheHostGivesAndNotWhatIsBehindIt) {
  ASSERT_TRUE(load());
  EXPECT_EQ(look("load_behind_given_object"), (Answer{0, 0}));
  EXPECT_EQ(look("narrow_load_behind_given_object"), (Answer{0, 0}));
  EXPECT_EQ(kernel_->denied().reads, 2U);
  ASSERT_TRUE(kernel_->open_host_memory({&behind_it_, sizeof behind_it_}));
  EXPECT_EQ(look("load_behind_given_object"), (Answer{0, 42}));
  EXPECT_EQ(look("narrow_load_behind_given_object"), (Answer{0, 42}));

  // Arguments of hooks, for as long as the hook is called.
  auto passed = object_.program("given_argument")->attach();
  ASSERT_TRUE(passed) << passed.message();
  auto said = object_.program("given_string")->attach();
  ASSERT_TRUE(said) << said.message();
  const std::uint64_t object[] = {reinterpret_cast<std::uint64_t>(&object_of_host_)};
  kernel_->call_hook("app_pass", object);
  EXPECT_EQ(answer(), (Answer{0, 42}));
  const std::uint64_t text[] = {reinterpret_cast<std::uint64_t>("*")};
  kernel_->call_hook("app_say", text);
  EXPECT_EQ(answer(), (Answer{2, 42}));
  EXPECT_EQ(look("probe_read_kernel", &object_of_host_).result, -EFAULT);
}

TEST_P(Reach, IsToldByPlace) {
  ASSERT_TRUE(load());
  look("probe_read_kernel", secret_);
  look("probe_read_kernel", secret_ + 1);
  look("load_behind_given_object");
  look("probe_read_kernel", nullptr);                                     // there is nothing that could be denied
  look("probe_read_kernel", reinterpret_cast<const void*>(~0ULL << 40));  // … nor here
  const DeniedAccesses denied = kernel_->denied();
  EXPECT_EQ(denied.reads, 3U);
  ASSERT_EQ(denied.places.size(), 2U);
  const DeniedAccess &call = denied.places[0], &load = denied.places[1];
  EXPECT_EQ(call.program, "probe_read_kern");
  EXPECT_EQ(call.call, "bpf_probe_read_kernel");
  EXPECT_EQ(call.file, "reach.bpf.c");
  EXPECT_EQ(call.times, 2U);
  EXPECT_EQ(call.address, reinterpret_cast<std::uint64_t>(secret_));
  EXPECT_FALSE(call.write);
  EXPECT_THAT(call.message, HasSubstr("which is the host's memory: bpf_probe_read_kernel, in probe_read_kernel() at "
                                      "reach.bpf.c:"));
  EXPECT_EQ(load.call, "");
  EXPECT_THAT(load.message, HasSubstr("a load, in load_behind_given_object() at reach.bpf.c:"));
}

// Loads of every kind, and calls that only a kernel's types declare.
TEST_P(Reach, OfLoadsAndKernelsCalls) {
  if (!load("reach_kfuncs", HostMemory::closed, true)) GTEST_SKIP() << "the machine's types have not all calls";
  const Case cases[] = {
      {"strcmp_first", {efault, 7}, {0, 7}},     {"strcmp_second", {efault, 7}, {0, 7}},
      {"string_length", {efault, 7}, {1, 7}},    {"string_search", {efault, 7}, {0, 7}},
      {"string_bounded", {efault, 7}, {1, 7}},   {"string_end", {efault, 7}, {0, 7}},
      {"string_span", {efault, 7}, {1, 7}},      {"string_outside", {efault, 7}, {1, 7}},
      {"string_within", {efault, 7}, {0, 7}},    {"strcmp_case", {efault, 7}, {0, 7}},
      {"copy_string", {efault, 0}, {2, 42}},     {"iterate_bits", {efault, 0}, {0, 1}},
      {"cast_to_bytes", {0, 0}, {0, 42}},        {"cast_to_bytes_narrow", {0, 0}, {0, 42}},
      {"cast_to_signed_bytes", {0, 0}, {0, 42}}, {"cast_to_object", {0, 0}, {0, 42}},
  };
  for (const Case& c : cases) {
    const std::uint64_t before = kernel_->denied().reads;
    EXPECT_EQ(look(c.program, secret_), c.denied) << c.program;
    EXPECT_EQ(kernel_->denied().reads, before + 1) << c.program;
  }
  ASSERT_TRUE(kernel_->open_host_memory({secret_, sizeof secret_}));
  for (const Case& c : cases) EXPECT_EQ(look(c.program, secret_), c.open) << c.program;
  const std::uint64_t before = kernel_->denied().reads;
  for (const char* name : {"cast_stack", "own_object", "own_task"}) EXPECT_EQ(look(name), (Answer{0, 42})) << name;
  EXPECT_EQ(kernel_->denied().reads, before);
}

// A page of an arena is its programs' own while it is there; another program knows of it no more than of the host's.
TEST_P(Reach, OfAnArenaIsOfPagesThatAreThere) {
  if (!load("reach_arena", HostMemory::closed, true)) GTEST_SKIP() << "the machine's types have no arenas";
  EXPECT_EQ(look("own_page"), (Answer{0, 42}));
  EXPECT_EQ(look("own_page_as_users"), (Answer{0, 42}));
  EXPECT_EQ(look("freed_page"), (Answer{efault, 0}));
  EXPECT_EQ(look("behind_the_arena").result, efault);
  const auto* page = reinterpret_cast<const void*>(look("remember_page").value);
  ASSERT_NE(page, nullptr);
  const auto other = Object::load(kernel_, fmt::format("{}/reach.bpf.o", BOUNDS_OBJECTS));
  ASSERT_TRUE(other) << other.message();
  const Object with_arena = std::exchange(object_, *other);
  const std::uint64_t denied = kernel_->denied().reads;
  for (const char* name : {"probe_read_kernel", "probe_read_user", "copy_from_user"})
    EXPECT_EQ(look(name, page).result, efault) << name;
  EXPECT_EQ(kernel_->denied().reads, denied + 3);
}

INSTANTIATE_TEST_SUITE_P(Engines, Reach, testing::Values(Engine::interpreter, Engine::compiled), [](const auto& info) {
  return std::string(info.param == Engine::compiled ? "Compiled" : "Interpreted");
});

TEST(OpenMemory, IsByRangesThatDoNotOverlap) {
  runtime::OpenMemory open;
  EXPECT_TRUE(open.open(100, 50, false));
  EXPECT_TRUE(open.open(150, 50, true));
  EXPECT_FALSE(open.open(140, 20, false));
  EXPECT_FALSE(open.open(90, 200, false));
  EXPECT_FALSE(open.open(300, 0, false));
  EXPECT_FALSE(open.open(~std::uint64_t{0} - 5, 50, false));
  EXPECT_TRUE(open.contains(100, 100, false));
  EXPECT_TRUE(open.contains(150, 50, true));
  EXPECT_FALSE(open.contains(149, 2, true));
  EXPECT_FALSE(open.contains(99, 2, false));
  EXPECT_FALSE(open.contains(199, 2, false));
  EXPECT_FALSE(open.contains(~std::uint64_t{0}, 4, false));
  EXPECT_TRUE(open.close(100));
  EXPECT_FALSE(open.close(100));
  EXPECT_FALSE(open.contains(100, 1, false));
}

}  // namespace
}  // namespace skep::test
