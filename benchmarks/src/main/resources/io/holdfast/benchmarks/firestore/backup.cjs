// A backup by firestore-export-import, as its README says; it is a library without a command.
// Arguments: service account, file, fields that are references, FLAT if nothing is nested.
const fs = require('node:fs')
const { initializeFirebaseApp, backups } = require('firestore-export-import')

const [account, file, refs, shape] = process.argv.slice(2)
const firestore = initializeFirebaseApp(JSON.parse(fs.readFileSync(account, 'utf8')))

backups(firestore, [], { refs: refs.split(','), includeSubcollections: shape !== 'FLAT' })
  .then((data) => fs.writeFileSync(file, JSON.stringify(data)))
  .catch((error) => {
    console.error(error)
    process.exit(1)
  })
