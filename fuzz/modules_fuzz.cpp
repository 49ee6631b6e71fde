// The text of host modules: C that is almost right, in every list of a module. Whatever it says, a Kernel is made or
// the module is refused in one line that names it. modules_main.cpp makes texts from seeds.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "programs/choices.hpp"
#include "skep/kernel.hpp"

namespace skep::fuzz {
namespace {

constexpr std::string_view words[] = {
    "struct",   "union", "enum", "typedef",  "int",     "u64",    "u8",     "void",        "const",
    "unsigned", "long",  "char", "bool",     "a",       "b",      "name",   "task_struct", "sk_buff",
    "{",        "}",     "(",    ")",        "[",       "]",      "*",      ",",           ";",
    "...",      "4",     "0",    "99999999", "mem__sz", "p__ign", "extern", "static",      "volatile",
    "__int128", "\n",    "",     "/",        "\"",      "\xff",
};
constexpr std::string_view sound[] = {
    "struct s { int a; struct { u64 b; } c; int d[4]; struct s *next; };",
    "typedef unsigned int mine_t",
    "enum e { A, B };",
    "int f(struct s *p, const u8 *mem, u32 mem__sz)",
    "void t(struct task_struct *task, int n)",
    "u64 g(int (*call)(void *, int *), ...)",
    "int counter",
    "s",
    "f",
};

std::uint64_t nothing(const HostCall&) {
  return 0;
}

class Writer {
 public:
  explicit Writer(Choices& choices) : choices_(choices) {}

  std::string_view text() {
    std::string made;
    if (choices_.percent(60)) {
      made = sound[choices_.below(std::size(sound))];
      for (unsigned n = choices_.percent(60) ? choices_.below(4) : 0; n != 0 && !made.empty(); --n) change(made);
    } else {
      for (unsigned n = choices_.below(choices_.percent(95) ? 12 : 400); n != 0; --n) (made += word()) += ' ';
    }
    if (choices_.percent(3)) {  // one word very often
      const std::string again(word());
      for (unsigned n = choices_.below(20'000); n != 0; --n) (made += again) += ' ';
    }
    return texts_.emplace_back(std::move(made));
  }
  std::vector<std::string_view> list() {
    std::vector<std::string_view> all;
    for (unsigned n = choices_.percent(60) ? choices_.below(4) : 0; n != 0; --n) all.push_back(text());
    return all;
  }

 private:
  std::string_view word() { return words[choices_.below(std::size(words))]; }
  void change(std::string& text) {
    const std::size_t at = choices_.below(static_cast<std::uint32_t>(text.size()));
    if (choices_.percent(40))
      text.insert(at, std::string(" ").append(word()).append(" "));
    else if (choices_.percent(50))
      text.erase(at, 1 + choices_.below(8));
    else
      text[at] = static_cast<char>(choices_.below(256));
  }
  Choices& choices_;
  std::deque<std::string> texts_;
};

}  // namespace

// False, having printed why, when something else came of it than a Kernel or a message.
bool make_modules(Choices& choices) {
  Writer writer(choices);
  KernelOptions options;
  options.cpus = 1;
  options.host_btf = false;
  for (unsigned n = 1 + choices.below(3); n != 0; --n) {
    HostModule module;
    module.name = choices.percent(90) ? choices.one_of<std::string_view>({"one", "two", "three"}) : writer.text();
    module.types = writer.list();
    for (const std::string_view prototype : writer.list()) {
      HostKfunc kfunc{prototype, choices.percent(80) ? 0 : 1U << choices.below(32), all_program_types, nothing};
      if (choices.percent(10)) kfunc.destroys = writer.text();
      module.kfuncs.push_back(kfunc);
    }
    module.functions = writer.list();
    if (choices.percent(20)) module.modifiable = writer.list();
    if (choices.percent(20)) module.sleepable = writer.list();
    module.tracepoints = writer.list();
    if (choices.percent(40)) module.struct_ops = writer.list();
    module.per_cpu = writer.list();
    options.modules.push_back(std::move(module));
  }
  std::string error;
  const auto kernel = Kernel::make(options, error);
  if (kernel != nullptr) return true;
  if (error.starts_with("module '")) return true;
  std::fprintf(stderr, "refused without naming the module: '%s'\n", error.c_str());
  return false;
}

}  // namespace skep::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  skep::fuzz::Choices choices(std::span(data, size));
  if (!skep::fuzz::make_modules(choices)) std::abort();
  return 0;
}
