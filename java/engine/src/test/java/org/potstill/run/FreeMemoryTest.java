package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeMemoryTest {

  private static final long MEGABYTE = 1L << 20;

  @TempDir Path temp;
  private Path machine;
  private Path membership;
  private Path groups;

  @BeforeEach
  void machine() throws IOException {
    machine = temp.resolve("meminfo");
    Files.writeString(machine, "MemTotal:  8192 kB\nMemFree:  1024 kB\nMemAvailable:    5120 kB\n");
    membership = temp.resolve("membership");
    groups = Files.createDirectory(temp.resolve("groups"));
  }

  @Test
  void pagesThatHoldFilesCountAsFree() {
    assertEquals(5 * MEGABYTE, FreeMemory.of(MEGABYTE, machine, membership, groups));
    assertEquals(MEGABYTE, FreeMemory.of(MEGABYTE, temp.resolve("none"), membership, groups));
  }

  @Test
  void aContainerLeavesItsLimit() throws IOException {
    Files.writeString(membership, "0::/\n");
    group(groups, "memory.max", 4, "memory.current", 3);
    assertEquals(MEGABYTE, free());
    Files.writeString(groups.resolve("memory.stat"), "anon 12\ninactive_file 2097152\n");
    assertEquals(3 * MEGABYTE, free());
    Files.writeString(groups.resolve("memory.stat"), "inactive_file 8388608\n");
    assertEquals(4 * MEGABYTE, free(), "no more than the limit");
    group(groups, "memory.max", 8, "memory.current", 3);
    assertEquals(5 * MEGABYTE, free(), "no more than the machine");
    Files.writeString(groups.resolve("memory.max"), "max\n");
    assertEquals(5 * MEGABYTE, free());
  }

  @Test
  void aJobLeavesTheLeastOfItsGroups() throws IOException {
    Files.writeString(membership, "0::/slurm/job_1/step_0\n");
    // What the machine's files take, which the job may not have.
    Files.writeString(groups.resolve("memory.stat"), "inactive_file 8388608\n");
    Path job = Files.createDirectories(groups.resolve("slurm/job_1"));
    group(job, "memory.max", 4, "memory.current", 2);
    Path step = Files.createDirectory(job.resolve("step_0"));
    Files.writeString(step.resolve("memory.max"), "max\n");
    Files.writeString(step.resolve("memory.current"), "1\n");
    assertEquals(2 * MEGABYTE, free());
    group(step, "memory.max", 3, "memory.current", 2);
    assertEquals(MEGABYTE, free());
  }

  @Test
  void groupsOfTheFirstVersionAreKnown() throws IOException {
    Files.writeString(membership, "5:cpu:/x\n4:cpuset,memory:/slurm/job_1\n0::/\n");
    Path tree = groups.resolve("memory");
    Path job = Files.createDirectories(tree.resolve("slurm/job_1"));
    group(job, "memory.limit_in_bytes", 4, "memory.usage_in_bytes", 4);
    Files.writeString(job.resolve("memory.stat"), "inactive_file 0\ntotal_inactive_file 2097152\n");
    assertEquals(2 * MEGABYTE, free());
    // Of a container, which sees its own group alone, but the path that the host knows.
    Files.writeString(membership, "4:memory:/docker/1\n");
    group(tree, "memory.limit_in_bytes", 4, "memory.usage_in_bytes", 3);
    assertEquals(MEGABYTE, free());
    Files.writeString(membership, "4:memory:/../../1\n");
    assertEquals(MEGABYTE, free());
  }

  private static void group(Path folder, String limit, long most, String usage, long taken)
      throws IOException {
    Files.writeString(folder.resolve(limit), most * MEGABYTE + "\n");
    Files.writeString(folder.resolve(usage), taken * MEGABYTE + "\n");
  }

  private long free() {
    return FreeMemory.of(MEGABYTE, machine, membership, groups);
  }

  @Test
  void thisMachineHasSome() {
    assertTrue(FreeMemory.bytes() > MEGABYTE, FreeMemory.bytes() + " bytes");
  }
}
