// The laboratory's own small program. The standard library only.
module aksbackup-lab/lab-helper

go 1.26.0
