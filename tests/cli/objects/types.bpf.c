// SPDX-License-Identifier: Apache-2.0
// What unresolved.bpf.c is verified against, as the kernel's types.
struct vehicle {
  long __speed;
  int wheels;
};

int wheels_of(struct vehicle *vehicle) {
  return vehicle->wheels;
}
