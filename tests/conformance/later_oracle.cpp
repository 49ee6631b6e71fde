// Asks the kernel that it runs on the rows of tests/work/later_rows.hpp: `later_oracle later.bpf.o` prints a line a
// row. later-7.3.txt is what Linux 7.3 said (tests/conformance/vm -k 7.3 -f later_oracle -f later.bpf.o --
// ./later_oracle later.bpf.o); tests/conformance/build-corpus -o builds it.
#include <bpf/btf.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "work/later_rows.hpp"

namespace {

using namespace skep::test;

class KernelHost final : public LaterHost {
 public:
  void settle() override { usleep(300'000); }
  void pause() override { usleep(100); }
  int other_thread() override {
    id_ = 0;
    go_ = false;
    other_ = std::thread([this] {
      id_ = gettid();
      while (!go_) {
      }
    });
    while (id_ == 0) usleep(100);
    return id_;
  }
  void join_other() override {
    if (!other_.joinable()) return;
    usleep(100'000);
    go_ = true;
    other_.join();
  }

 private:
  std::thread other_;
  std::atomic<int> id_{0};
  std::atomic<bool> go_{false};
};

void* variable(bpf_object* object, void* data, const char* name) {
  const btf* types = bpf_object__btf(object);
  const btf_type* section =
      btf__type_by_id(types, static_cast<__u32>(btf__find_by_name_kind(types, ".bss", BTF_KIND_DATASEC)));
  for (unsigned i = 0; i < btf_vlen(section); ++i) {
    const btf_var_secinfo& info = btf_var_secinfos(section)[i];
    if (std::string(btf__name_by_offset(types, btf__type_by_id(types, info.type)->name_off)) == name)
      return static_cast<char*>(data) + info.offset;
  }
  return nullptr;
}

void ask(const char* path, const char* part, const LaterRow& row) {
  bpf_object* object = bpf_object__open_file(path, nullptr);
  if (object == nullptr || bpf_object__load(object) != 0) {
    std::printf("%s %s: cannot be loaded\n", part, row.name);
    std::exit(1);
  }
  bpf_map* bss = bpf_object__find_map_by_name(object, ".bss");
  if (bss == nullptr) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) if (std::strstr(bpf_map__name(map), ".bss") != nullptr) bss = map;
  }
  size_t size = 0;
  void* data = bpf_map__initial_value(bss, &size);
  KernelHost host;
  LaterAsker asker(object, host, static_cast<later_op*>(variable(object, data, "ops")),
                   static_cast<std::int64_t*>(variable(object, data, "results")),
                   static_cast<later_trace*>(variable(object, data, "trace")));
  std::printf("%s %s: %s\n", part, row.name, asker.ask(row.script).c_str());
  std::fflush(stdout);
  host.join_other();
  bpf_object__close(object);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  libbpf_set_print([](libbpf_print_level level, const char* format, va_list arguments) {
    return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
  });
  for (const LaterRow& row : timer_rows()) ask(argv[1], "timer", row);
  for (const LaterRow& row : task_work_rows()) ask(argv[1], "task-work", row);
  return 0;
}
